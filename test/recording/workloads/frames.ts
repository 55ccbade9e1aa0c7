/**
 * A renderer: render targets that are made anew when the window grows, meshes of three levels, and buffers of each frame that
 * are freed when the GPU is done with them, two frames later.
 */

import { AllocationCreate, type Allocator, MemoryUsage } from "../../../src/index.ts";
import { profiles } from "../../../src/simulator/index.ts";
import type { BufferUsage } from "../../../src/vulkan/index.ts";
import { Random } from "../../helpers/random.ts";
import { type How, KiB, MiB, type Workload } from "./workload.ts";

const FRAMES = 240;
const FRAMES_IN_FLIGHT = 2;
const FRAMES_OF_A_LEVEL = 80;
const RGBA8 = 37;
const RGBA16F = 97;
const D32 = 126;
const VERTICES = 0x82;
const UNIFORMS = 0x10;
const TRANSFER_SOURCE = 0x1;
const COLOR_TARGET = 0x14;
const DEPTH_TARGET = 0x24;

type Freed = { destroy(): void };

export const frames: Workload = {
  name: "frames",
  profile: profiles["nvidia-discrete"]!,
  run(allocator, how) {
    const random = new Random(11);
    let targets = makeTargets(allocator, how, 1920, 1080);
    let level: Freed[] = [];
    const inFlight: Freed[][] = [];
    for (let frame = 0; frame < FRAMES; frame++) {
      allocator.setCurrentFrameIndex(frame);
      if (frame === FRAMES / 2) {
        destroy(targets);
        targets = makeTargets(allocator, how, 3840, 2160);
      }
      if (frame % FRAMES_OF_A_LEVEL === 0) {
        const next = makeLevel(allocator, how, random);
        destroy(level);
        level = next;
      }
      inFlight.push(makeFrame(allocator, how, random));
      if (inFlight.length > FRAMES_IN_FLIGHT) destroy(inFlight.shift()!);
    }
    destroy([...targets, ...level, ...inFlight.flat()]);
  },
};

function makeTargets(allocator: Allocator, how: How, width: number, height: number): Freed[] {
  const target = (name: string, format: number, usage: number): Freed => {
    const flags = AllocationCreate.DedicatedMemory;
    const info = how.info({ usage: MemoryUsage.Auto, flags, priority: 1, name });
    return allocator.createImage({ format, extent: { width, height }, usage }, info).allocation;
  };
  return [
    target("albedo", RGBA8, COLOR_TARGET),
    target("normals", RGBA16F, COLOR_TARGET),
    target("light", RGBA16F, COLOR_TARGET),
    target("depth", D32, DEPTH_TARGET),
  ];
}

function makeLevel(allocator: Allocator, how: How, random: Random): Freed[] {
  return Array.from({ length: 120 }, (_, index) => {
    const size = random.magnitude(16 * KiB, 3 * MiB);
    const info = how.info({ usage: MemoryUsage.Auto, name: `mesh ${index % 12}` });
    return allocator.createBuffer({ size, usage: VERTICES as BufferUsage }, info).allocation;
  });
}

function makeFrame(allocator: Allocator, how: How, random: Random): Freed[] {
  const { HostAccessSequentialWrite, Mapped } = AllocationCreate;
  const flags = HostAccessSequentialWrite | Mapped;
  const made = [64 * KiB, 256 * KiB].map((size) => {
    const info = how.info({ usage: MemoryUsage.Auto, flags, name: "uniforms" });
    return allocator.createBuffer({ size, usage: UNIFORMS }, info).allocation;
  });
  for (let uploads = random.below(4); uploads > 0; uploads--) {
    const size = random.magnitude(64 * KiB, 4 * MiB);
    const info = how.info({ usage: MemoryUsage.Auto, flags, name: "upload" });
    made.push(allocator.createBuffer({ size, usage: TRANSFER_SOURCE }, info).allocation);
  }
  return made;
}

function destroy(all: readonly Freed[]): void {
  for (const each of all) each.destroy();
}
