/** WebGPU in Node.js: dawn, on the SwiftShader that comes with Debian's Chromium. */

import { existsSync } from "node:fs";
import { describe } from "vitest";

/** SwiftShader's ICD file; Debian 12's lavapipe is too old for dawn. */
const SWIFTSHADER = "/usr/lib/chromium/vk_swiftshader_icd.json";

/** Whether tests fail without it, instead of being skipped. */
export const requireWebGpu: boolean = process.env.VMA_TS_REQUIRE_WEBGPU === "1";

let gpu: GPU | undefined;

async function findGpu(): Promise<string | undefined> {
  if (process.env.VK_DRIVER_FILES === undefined && existsSync(SWIFTSHADER)) {
    process.env.VK_DRIVER_FILES = SWIFTSHADER;
  }
  try {
    const { create } = await import("webgpu");
    gpu = create([]);
    return (await gpu.requestAdapter()) === null ? "dawn has no adapter" : undefined;
  } catch (error) {
    return `dawn cannot be loaded: ${error instanceof Error ? error.message : error}`;
  }
}

/** Why there is no WebGPU here; undefined if there is. */
export const webGpuAbsence: string | undefined = await findGpu();

/** A new device, whose uncaptured errors are collected. */
export async function requestDevice(): Promise<{ device: GPUDevice; errors: string[] }> {
  if (gpu === undefined) throw new Error(`VMA_TS_REQUIRE_WEBGPU is set, and ${webGpuAbsence}`);
  const adapter = await gpu.requestAdapter();
  if (adapter === null) throw new Error("dawn has no adapter");
  const device = await adapter.requestDevice();
  const errors: string[] = [];
  device.addEventListener("uncapturederror", (event) => {
    errors.push((event as GPUUncapturedErrorEvent).error.message);
  });
  return { device, errors };
}

/** Tests that need WebGPU; skipped by name without it. */
export function describeWithWebGpu(name: string, tests: () => void): void {
  const isSkipped = webGpuAbsence !== undefined && !requireWebGpu;
  describe.skipIf(isSkipped)(`${name}${isSkipped ? ` (${webGpuAbsence})` : ""}`, tests);
}
