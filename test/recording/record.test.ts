/** `record`: what is recorded, where it goes, and what happens when something is wrong. */

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { AllocationCreate, BufferUsage, MemoryUsage, VulkanError } from "../../src/index.ts";
import { VirtualBlock } from "../../src/metadata/index.ts";
import { type ActiveRecording, RecordKind, readRecording, record } from "../../src/recording/index.ts";
import { bufferOf, imageOf, MiB, world } from "../allocator/setup.ts";
import { Random } from "../helpers/random.ts";
import { validateState } from "./compare.ts";
import { dumpsOf, Follower } from "./dumps.ts";

const folder = mkdtempSync(join(tmpdir(), "vma-ts-recording-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The records of a recording, as words. */
function told(recording: ActiveRecording): string[] {
  const names = new Map<number, string>(Object.entries(RecordKind).map(([name, kind]) => [kind, name]));
  const cursor = readRecording(recording.bytes()).cursor();
  const words: string[] = [];
  while (cursor.next()) if (!cursor.isSnapshot) words.push(names.get(cursor.kind)!);
  return words;
}

describe("recording an allocator", () => {
  it("tells what happens, in order", () => {
    const { allocator } = world();
    const recording = record(allocator);
    const { buffer, allocation } = allocator.createBuffer(bufferOf(1000), {
      usage: MemoryUsage.Auto,
      name: "a",
    });
    allocator.setAllocationName(allocation, "b");
    allocator.setCurrentFrameIndex(7);
    recording.mark("loaded");
    allocator.destroyBuffer(buffer, allocation);
    const pool = allocator.createPool({ memoryTypeIndex: 0, blockSize: MiB, minBlockCount: 1, name: "p" });
    allocator.setPoolName(pool, "q");
    pool.destroy();
    recording.end();
    expect(told(recording)).toEqual([
      "BlockMade",
      "Budgets",
      "AllocationMade",
      "Renamed",
      "Frame",
      "Mark",
      "Freed",
      "PoolMade",
      "BlockMade",
      "Budgets",
      "PoolNamed",
      "BlockFreed",
      "PoolDestroyed",
      "End",
    ]);
  });

  it("tells what was asked for", () => {
    const { allocator } = world();
    const recording = record(allocator);
    const flags = AllocationCreate.HostAccessSequentialWrite | AllocationCreate.Mapped;
    const buffer = allocator.createBuffer(
      { size: 1000, usage: BufferUsage.TransferSrc },
      { usage: MemoryUsage.Auto, flags, priority: 1, minAlignment: 512, name: "staging" },
    );
    const image = allocator.createImage(
      { ...imageOf(64), mipLevels: 3 },
      { usage: MemoryUsage.AutoPreferDevice },
    );
    const memory = allocator.allocateMemory({ size: 300, alignment: 16, memoryTypeBits: 0x3 });
    const { allocations } = readRecording(recording.bytes()).stateAt(100);
    const [first, second, third] = [...allocations.values()];
    expect(first).toMatchObject({ name: "staging", requestedSize: 1000, isPersistentlyMapped: true });
    expect(first!.request).toMatchObject({
      resource: 1,
      resourceUsage: 1,
      flags,
      usage: 7,
      minAlignment: 512,
    });
    expect(first!.request.alignment).toBeGreaterThanOrEqual(512);
    expect(first!.request.priority).toBeCloseTo(1, 4);
    expect(second!.request).toMatchObject({ resource: 2, usage: 8, suballocationType: 5 });
    expect(second!.request.image).toMatchObject({
      width: 64,
      height: 64,
      depth: 1,
      mipLevels: 3,
      samples: 1,
    });
    expect(third!.request).toMatchObject({ resource: 0, requiredTypeBits: 3 });
    expect(third).toMatchObject({ size: 300, requestedSize: 300, offset: memory.offset });
    for (const { allocation } of [buffer, image]) allocation.destroy();
    memory.destroy();
  });

  it("tells refusals with their reasons", () => {
    const { allocator } = world();
    const recording = record(allocator);
    expect(() => allocator.createBuffer(bufferOf(2 ** 40))).toThrow(VulkanError);
    expect(allocator.tryCreateBuffer(bufferOf(2 ** 41), { name: "wished for" })).toBeUndefined();
    const { lastRefusal } = allocator;
    const cursor = readRecording(recording.bytes()).cursor();
    const refusals: unknown[] = [];
    while (cursor.next()) {
      if (cursor.kind !== RecordKind.Refused) continue;
      const { size, name, reason, heap, missingBytes, message, result } = cursor;
      refusals.push({ size, name, reason, heap, missingBytes, message, result });
    }
    expect(refusals).toHaveLength(2);
    expect(refusals[1]).toEqual({
      size: 2 ** 41,
      name: "wished for",
      reason: lastRefusal!.kind,
      heap: lastRefusal!.heap,
      missingBytes: lastRefusal!.missingBytes,
      message: lastRefusal!.message,
      result: lastRefusal!.result,
    });
  });

  it("tells aliases until they are destroyed, or their memory is freed", () => {
    const { allocator, device } = world();
    device.permit.overlap = true;
    const recording = record(allocator);
    const owner = allocator.createBuffer(bufferOf(64 * 1024), { flags: AllocationCreate.CanAlias });
    const first = allocator.createAliasingBuffer(owner.allocation, bufferOf(1024), 4096);
    const second = allocator.createAliasingBuffer(owner.allocation, bufferOf(2048));
    const aliases = (): unknown[] =>
      [...readRecording(recording.bytes()).stateAt(1000).aliases.values()].map(({ offset, size }) => [
        offset,
        size,
      ]);
    expect(aliases()).toEqual([
      [4096, 1024],
      [0, 2048],
    ]);
    allocator.destroyBuffer(first);
    expect(aliases()).toEqual([[0, 2048]]);
    allocator.destroyBuffer(second);
    expect(aliases()).toEqual([]);
    const image = allocator.createAliasingImage(owner.allocation, imageOf(16), 8192);
    expect(aliases()).toEqual([[8192, expect.any(Number)]]);
    allocator.destroyImage(image);
    expect(aliases()).toEqual([]);
    const third = allocator.createAliasingBuffer(owner.allocation, bufferOf(2048));
    allocator.destroyBuffer(owner.buffer, owner.allocation);
    expect(aliases()).toEqual([]);
    expect(readRecording(recording.bytes()).stateAt(1000).contradictions).toBe(0);
    allocator.destroyBuffer(third);
  });

  it("tells stacks, each once, from the program's own code", () => {
    const { allocator } = world();
    const recording = record(allocator, { stacks: true });
    function makeTexture(): { destroy(): void } {
      return allocator.createBuffer(bufferOf(256)).allocation;
    }
    const made = Array.from({ length: 50 }, makeTexture);
    const state = readRecording(recording.bytes()).stateAt(1000);
    const stacks = new Set([...state.allocations.values()].map(({ stack }) => stack));
    expect(stacks.size).toBe(1);
    const [frame] = [...stacks][0]!.frames;
    expect(frame).toMatchObject({ function: "makeTexture", file: expect.stringContaining("record.test.ts") });
    expect(frame!.line).toBeGreaterThan(0);
    for (const each of made) each.destroy();
  });

  it("can begin and end at any time, again and again", () => {
    const { allocator } = world();
    const before = allocator.createBuffer(bufferOf(5000), { name: "early", usage: MemoryUsage.Auto });
    const first = record(allocator);
    const during = allocator.createBuffer(bufferOf(6000), { name: "late" });
    first.end();
    before.allocation.destroy();
    const second = record(allocator);
    const names = (recording: ActiveRecording): (string | undefined)[] =>
      [...readRecording(recording.bytes()).stateAt(1e6).allocations.values()].map(({ name }) => name);
    expect(names(first)).toEqual(["early", "late"]);
    expect(names(second)).toEqual(["late"]);
    during.allocation.destroy();
    expect(names(second)).toEqual([]);
    second.end();
    first.end();
    expect(told(first).at(-1)).toBe("End");
  });

  it("ends with the allocator", () => {
    const { allocator } = world();
    const recording = record(allocator);
    allocator.createBuffer(bufferOf(1000)).allocation.destroy();
    allocator.destroy();
    expect(recording.isEnded).toBe(true);
    expect(readRecording(recording.bytes()).end.reason).toBe("destroyed");
  });

  it("changes nothing of what the allocator and the driver do", () => {
    const run = (isRecorded: boolean): unknown => {
      const { allocator, device, events } = world({}, {}, {});
      const recording = isRecorded ? record(allocator, { stacks: 3 }) : undefined;
      const random = new Random(5);
      const live: { destroy(): void }[] = [];
      for (let i = 0; i < 500; i++) {
        if (live.length > 50) live.splice(random.below(live.length), 1)[0]!.destroy();
        live.push(allocator.createBuffer(bufferOf(random.magnitude(1, MiB))).allocation);
        if (i % 50 === 0) allocator.setCurrentFrameIndex(i);
      }
      for (const each of live) each.destroy();
      recording?.end();
      return [events, device.statistics()];
    };
    expect(run(true)).toEqual(run(false));
  });
});

describe("where a recording goes", () => {
  it("a file has all of it when the recording ends", () => {
    const path = join(folder, "whole.vmarec");
    const { allocator } = world();
    const recording = record(allocator, { to: path, name: "main allocator" });
    const made = Array.from({ length: 5000 }, (_, i) => allocator.createBuffer(bufferOf(100 + i)).allocation);
    recording.end();
    const read = readRecording(readFileSync(path));
    expect(read.problems).toEqual([]);
    expect(read.header).toMatchObject({ source: "vulkan", name: "main allocator", stacks: false });
    expect(read.end.reason).toBe("detached");
    expect(read.stateAt(1e9).allocations.size).toBe(5000);
    expect(() => recording.bytes()).toThrow("not kept in memory");
    for (const each of made) each.destroy();
  });

  it.each(["file", "memory"])("a ring in a %s keeps the last of it, and to its size", (where) => {
    const path = join(folder, "ring.vmarec");
    const { allocator } = world();
    const limit = MiB;
    const recording = record(allocator, { limit, to: where === "file" ? path : undefined });
    const random = new Random(3);
    const live: { destroy(): void }[] = [];
    for (let i = 0; i < 150_000; i++) {
      if (live.length > 100) live.splice(random.below(live.length), 1)[0]!.destroy();
      live.push(allocator.createBuffer(bufferOf(random.magnitude(1, 4096))).allocation);
    }
    recording.flush();
    const bytes = where === "file" ? readFileSync(path) : recording.bytes();
    expect(recording.bytesWritten).toBeGreaterThan(2 * limit);
    expect(bytes.length).toBeLessThanOrEqual(limit);
    const read = readRecording(bytes);
    expect(read.problems).toEqual([]);
    expect(read.end.operations).toBe(recording.operations);
    expect(read.segments[0]!.operations).toBeGreaterThan(0);
    const state = read.stateAt(recording.operations);
    expect(state.allocations.size).toBe(live.length);
    validateState(state);
    for (const each of live) each.destroy();
    recording.end();
  });

  it("a sink that fails does no harm, and what comes later is read", () => {
    const { allocator } = world();
    const follower = new Follower();
    const errors: unknown[] = [];
    let isFull = false;
    const recording = record(allocator, {
      to: {
        write(chunk) {
          if (isFull) throw new Error("no space left");
          follower.sink.write(chunk);
        },
      },
      onError: (error) => errors.push(error),
    });
    const churn = (count: number): void => {
      for (let i = 0; i < count; i++) allocator.createBuffer(bufferOf(100)).allocation.destroy();
    };
    churn(20_000);
    isFull = true;
    churn(20_000);
    isFull = false;
    const kept = allocator.createBuffer(bufferOf(777), { name: "kept" });
    churn(100_000);
    recording.end();
    expect(errors).toEqual([new Error("no space left")]);
    follower.follow();
    expect(follower.recording.problems[0]!.message).toMatch(/missing/);
    const [recorded, own] = dumpsOf(allocator, follower);
    expect(recorded).toEqual(own);
    kept.allocation.destroy();
  });

  it("a file that cannot be made is an error at once, and nothing is recorded", () => {
    const { allocator } = world();
    expect(() => record(allocator, { to: join(folder, "no", "such", "folder.vmarec") })).toThrow(/ENOENT/);
    expect(record(allocator).isEnded).toBe(false);
  });

  it("a program that is killed leaves a file that lacks the last 64 KiB at most", {
    timeout: 60_000,
  }, async () => {
    const path = join(folder, "killed.vmarec");
    const program = join(import.meta.dirname, "programs", "endless.ts");
    const child = spawn(process.execPath, ["--import", "tsx", program, path], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const operations = await new Promise<number>((resolve) => {
      child.stdout.on("data", (data: Buffer) => {
        const last = Number(data.toString().trim().split("\n").at(-1));
        if (last > 100_000) {
          child.kill("SIGKILL");
          child.on("close", () => resolve(last));
        }
      });
    });
    const read = readRecording(readFileSync(path));
    expect(statSync(path).size).toBeGreaterThan(500_000);
    expect(read.end.reason).toBeUndefined();
    // The smallest record has 3 bytes.
    expect(read.end.operations).toBeGreaterThan(operations - 65_536 / 3);
    expect(read.stateAt(read.end.operations).contradictions).toBe(0);
  });
});

describe("recording a virtual block", () => {
  it("tells what is in it, and leaves it as it was", () => {
    const block = new VirtualBlock({ size: 10_000 });
    const early = block.allocate(100, 1, 0, "early");
    const recording = record(block);
    const random = new Random(9);
    const live = [early];
    for (let i = 0; i < 2000; i++) {
      if (random.below(5) < 2 && live.length > 0) block.free(live.splice(random.below(live.length), 1)[0]!);
      else {
        const made = block.allocate(
          random.magnitude(1, 1000),
          2 ** random.below(6),
          0,
          random.below(2) ? `n${i}` : undefined,
        );
        if (made !== 0) live.push(made);
      }
      if (i % 400 === 399) {
        const state = readRecording(recording.bytes()).stateAt(recording.operations);
        validateState(state);
        const [only] = state.blocks.values();
        expect(state.allocationsOf(only!).map(({ offset, size, name }) => ({ offset, size, name }))).toEqual(
          block.allocations().map(({ offset, size, userData }) => ({ offset, size, name: userData })),
        );
      }
    }
    block.grow(20_000);
    block.clear();
    const state = readRecording(recording.bytes()).stateAt(1e9);
    expect([state.allocations.size, state.reservedBytes, state.contradictions]).toEqual([0, 20_000, 0]);
    expect(told(recording)).toContain("Refused");
    recording.end();
    const { operations } = recording;
    block.allocate(10);
    expect(recording.operations).toBe(operations);
    expect(Object.keys(block)).not.toContain("allocate");
    block.validate();
  });
});

describe("what cannot be recorded", () => {
  it("is refused with what is wrong", () => {
    const { allocator } = world();
    const recording = record(allocator);
    expect(() => record(allocator)).toThrow("the allocator is already being recorded");
    recording.end();
    const block = new VirtualBlock({ size: 10 });
    using _blockRecording = record(block);
    expect(() => record(block)).toThrow("the virtual block is already being recorded");
    // @ts-expect-error: no object
    expect(() => record(undefined)).toThrow(
      "must be an Allocator, a VirtualBlock, or a heap of buffers, got undefined",
    );
    expect(() => record({})).toThrow("must be an Allocator, a VirtualBlock, or a heap of buffers");
    expect(() => record({ state: { recorder: undefined } })).toThrow("another version of vma-ts");
    expect(() => record(allocator, { stacks: 65 })).toThrow("stacks must be an integer from 0 to 64, got 65");
    expect(() => record(allocator, { limit: 1000 })).toThrow("limit must be an integer of at least 1048576");
    expect(() => record(allocator, { to: { write() {} }, limit: 2 * MiB })).toThrow(
      "limit is for files and memory",
    );
    // @ts-expect-error: no sink
    expect(() => record(allocator, { to: {} })).toThrow("to must be a path or an object with a write method");
    // @ts-expect-error: no text
    expect(() => record(allocator).mark(5)).toThrow("a mark must be a string, got 5");
  });
});
