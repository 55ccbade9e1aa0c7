/** The demo: on simulated devices, on Vulkan with the validation layer, and with no driver at all. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { firstDifference, Noise } from "../demo/noise.ts";
import { Random } from "../demo/random.ts";
import { createResources, drawDesign, kinds } from "../demo/resources.ts";
import { sumOfSizes, Transfers } from "../demo/transfer.ts";
import { createAllocator } from "../src/index.ts";
import { armMobile, SimulatedDevice } from "../src/simulator/index.ts";
import { requireVulkan, vulkanAbsence } from "./helpers/vulkan.ts";

const root = join(import.meta.dirname, "..");

function runDemo(args: readonly string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--import", "tsx", "demo/main.ts", ...args],
    { cwd: root, encoding: "utf8", env: { ...process.env, VMA_TS_DEVICE: "", ...env } },
  );
  return { status, stdout, stderr };
}

/** What is printed, without the times. */
function withoutTimes(output: string): string {
  return output.replace(/ *\d+\.\d\d s$/gm, "");
}

describe("the demo", () => {
  it("creates, compares, destroys, defragments, creates again and frees everything, the same for the same seed", () => {
    const first = runDemo(["--device", "simulator:arm-mobile", "--count", "200", "--seed", "7"]);
    expect(first).toMatchObject({ status: 0, stderr: "" });
    const steps = first.stdout.match(/^(create|compare|destroy|defragment)\b/gm);
    const expected = ["create", "compare", "destroy", "defragment", "compare", "create", "compare"];
    expect(steps).toEqual(expected);
    expect(first.stdout).toMatch(/Everything is freed: \d+ vkAllocateMemory calls served \d+ resources/);
    expect(first.stdout).not.toContain("\r");
    const second = runDemo(["--device", "simulator:arm-mobile", "--count", "200", "--seed", "7"]);
    expect(withoutTimes(second.stdout)).toBe(withoutTimes(first.stdout));
  });

  it("runs on the simulator where there is no driver, and says how to get one", () => {
    const { status, stdout } = runDemo(["--count", "100"], { VMA_TS_VULKAN: "/nowhere/libvulkan.so" });
    expect(status).toBe(0);
    expect(stdout).toContain("vma-ts on the simulator");
    for (const system of ["Debian, Ubuntu", "Fedora", "macOS"]) expect(stdout).toContain(system);
  });

  it("refuses a device that is not there and options that make no sense", () => {
    const wrong = [["--device", "simulator:abacus"], ["--count", "many"], ["--colour"]];
    for (const args of wrong) {
      const { status, stderr } = runDemo(args);
      expect(status).toBe(1);
      expect(stderr).toContain(args.at(-1)!.replace("simulator:", ""));
    }
  });

  it("draws every allocation of every block", () => {
    const folder = mkdtempSync(join(tmpdir(), "vma-ts-demo-"));
    const path = join(folder, "blocks.svg");
    expect(runDemo(["--device", "simulator", "--count", "300", "--svg", path]).status).toBe(0);
    const svg = readFileSync(path, "utf8");
    rmSync(folder, { recursive: true });
    const rectangles = svg.match(/M[\d.]+ 0H/g)!.length;
    const counts = [...svg.matchAll(/: (\d+) buffers and images in/g)].map(([, count]) => Number(count));
    expect(counts).toHaveLength(3);
    const allocations = counts.reduce((sum, count) => sum + count, 0);
    // An allocation narrower than a tenth of a unit may vanish.
    expect(rectangles).toBeGreaterThan(allocations * 0.9);
    expect(rectangles).toBeLessThanOrEqual(allocations);
  });

  const onVulkan = vulkanAbsence === undefined || requireVulkan ? it : it.skip;
  onVulkan("moves every byte on Vulkan, with nothing to say for the validation layer", () => {
    const { status, stdout, stderr } = runDemo(["--validation", "--count", "600"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain("The validation layer watches every call.");
    expect(stdout).toContain("Everything is freed");
  });
});

describe("the demo's comparison", () => {
  it("finds a single byte that is not as it was written", async () => {
    const device = new SimulatedDevice(armMobile, { extensions: "all" });
    const allocator = createAllocator({ device });
    const random = new Random(3);
    const noise = new Noise(3);
    const transfers = new Transfers(allocator, device.queue, noise);
    const resources = createResources(allocator, noise, random, 50, []);
    await transfers.fill(resources, () => {});
    expect(await transfers.verify(resources, () => {})).toBe(sumOfSizes(resources));

    const victim = resources.find(({ design }) => design.kind.hostWritten)!;
    const at = victim.design.size - 1;
    victim.allocation.mappedData![at]! ^= 1;
    await expect(transfers.verify(resources, () => {})).rejects.toThrow(`byte ${at} is`);

    for (const { allocation } of resources) allocation.destroy();
    transfers.destroy();
    allocator.destroy();
    device.destroy();
  });

  it("names the first byte that differs", () => {
    const bytes = new Uint8Array([1, 2, 3]);
    expect(firstDifference(bytes, new Uint8Array([1, 2, 3]))).toBe(-1);
    expect(firstDifference(bytes, new Uint8Array([1, 0, 0]))).toBe(1);
  });

  it("knows kinds of resources whose shares add up, and draws each of them", () => {
    expect(kinds.reduce((sum, { share }) => sum + share, 0)).toBe(1000);
    const random = new Random(1);
    const drawn = new Set(Array.from({ length: 5000 }, () => drawDesign(random).kind));
    expect([...kinds].filter((kind) => !drawn.has(kind))).toEqual([]);
  });
});
