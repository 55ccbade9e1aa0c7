/** Native calls with argument blocks: when they are used, and what they pass. */

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, it } from "vitest";
import { compile } from "../../bench/harness/compile.ts";
import { bindBlockCalls, blockCommands } from "../../src/ffi/block-calls.ts";
import type { DeviceFunctions } from "../../src/ffi/commands.ts";
import { withArgumentBlocks } from "../../src/ffi/native/blocks/argument-blocks.ts";
import type { NativeCallback } from "../../src/ffi/native/native-calls.ts";
import { bindResourceCalls, type ResourceCallParts } from "../../src/ffi/resource-calls.ts";
import { ResourceStructs } from "../../src/ffi/resource-structs.ts";
import {
  type Buffer,
  type BufferUsage,
  type DeviceMemory,
  type Image,
  type ImageCreateInfo,
  ImageUsage,
  Result,
} from "../../src/vulkan/index.ts";
import { emptyMemoryRequirements } from "../../src/vulkan/resources.ts";
import { loadVulkan, native, runtime } from "../helpers/native.ts";
import { describeWithVulkan, plainDevice } from "../helpers/vulkan.ts";
import { codeBytes, gc } from "./code-bytes.ts";

const areProven = runtime === "node" && process.platform === "linux" && process.arch === "x64";
const BIT_63 = 0x8000_0000_0000_0000n;

/** A driver that writes down what it is called with. */
class FakeDriver {
  readonly seen: string[] = [];
  /** What the next calls return; 0 when there is none. */
  readonly results: number[] = [];
  readonly functions: Record<string, NativeCallback> = {};
  /** What vkCreateBuffer and vkCreateImage make. */
  made = 0n;

  constructor(parameters: Readonly<Record<string, number>>) {
    for (const [name, count] of Object.entries(parameters)) {
      this.functions[name] = native.register(`${"p".repeat(count)}>r`, (...args) => {
        this.seen.push(`${name}(${args.map((arg) => `0x${arg.toString(16)}`).join(", ")})`);
        const result = this.results.shift() ?? 0;
        const isMaking = name === "vkCreateBuffer" || name === "vkCreateImage";
        if (isMaking && result >= 0) {
          native.write(args[3]!, new Uint8Array(new BigUint64Array([this.made]).buffer));
        }
        return result;
      });
    }
  }

  close(): void {
    for (const callback of Object.values(this.functions)) callback.close();
  }
}

const parameterCounts = {
  vkAllocateMemory: 4,
  vkFreeMemory: 3,
  vkMapMemory: 6,
  vkUnmapMemory: 2,
  vkFlushMappedMemoryRanges: 3,
  vkInvalidateMappedMemoryRanges: 3,
  vkCreateBuffer: 4,
  vkDestroyBuffer: 3,
  vkGetBufferMemoryRequirements: 3,
  vkGetBufferMemoryRequirements2: 3,
  vkBindBufferMemory: 4,
  vkCreateImage: 4,
  vkDestroyImage: 3,
  vkGetImageMemoryRequirements: 3,
  vkGetImageMemoryRequirements2: 3,
  vkBindImageMemory: 4,
};

describe("the calls for resources", () => {
  const driver = new FakeDriver(parameterCounts);
  const structs = new ResourceStructs(native);
  const handle = 0xfedc_ba98_7654_3210n;
  const callbacks = 0x8000_0000_0000_0008n;
  const functions = Object.fromEntries(
    Object.entries(parameterCounts).map(([name, count]) => [
      name,
      native.declare(driver.functions[name]!.address, `${"p".repeat(count)}>r`),
    ]),
  );
  const parts = {
    native,
    functions: new Proxy(functions as unknown as DeviceFunctions, {
      // What changes passes as a bigint; the rest may be numbers.
      get:
        (target, name: keyof DeviceFunctions) =>
        (...args: (bigint | number)[]) =>
          target[name](...args.map(BigInt)),
    }),
    handle,
    allocationCallbacks: callbacks,
    memory: structs.memory,
    addresses: structs.addresses,
  } satisfies ResourceCallParts;
  const plain = bindResourceCalls(parts);
  const bound = areProven
    ? bindBlockCalls(
        parts,
        withArgumentBlocks(native).compile!,
        (command) => driver.functions[command]!.address,
        plain,
      )
    : undefined;
  afterEach(() => {
    driver.seen.length = 0;
    driver.results.length = 0;
  });

  const ways = [
    ["by themselves", plain],
    ...(bound === undefined ? [] : ([["through argument blocks", bound.calls]] as const)),
  ] as const;
  const hex = (value: bigint): string => `0x${value.toString(16)}`;
  const [d, c] = [hex(handle), hex(callbacks)];
  const at = structs.addresses;
  /** Handles beyond 2^53, with and without bit 63. */
  const handles = [1n, 2n ** 53n + 1n, BIT_63, BIT_63 | 0x1234_5678_9abcn, 2n ** 64n - 1n];

  it.each(ways)("made %s pass handles whole", (_, calls) => {
    for (const resource of handles) {
      const memory = BIT_63 ^ resource ^ 0x10n;
      const offset = 2 ** 40 + 256;
      const expected: string[] = [];
      const did = (call: string): number => expected.push(call);
      calls.freeMemory(memory);
      did(`vkFreeMemory(${d}, ${hex(memory)}, ${c})`);
      expect(calls.mapMemory(memory)).toBe(0);
      did(`vkMapMemory(${d}, ${hex(memory)}, 0x0, ${hex(2n ** 64n - 1n)}, 0x0, ${hex(at.out)})`);
      calls.unmapMemory(memory);
      did(`vkUnmapMemory(${d}, ${hex(memory)})`);
      calls.destroyBuffer(resource);
      did(`vkDestroyBuffer(${d}, ${hex(resource)}, ${c})`);
      calls.bufferRequirements(resource);
      did(`vkGetBufferMemoryRequirements(${d}, ${hex(resource)}, ${hex(at.requirements)})`);
      calls.bindBuffer(resource, memory, offset);
      did(`vkBindBufferMemory(${d}, ${hex(resource)}, ${hex(memory)}, ${hex(BigInt(offset))})`);
      calls.destroyImage(resource);
      did(`vkDestroyImage(${d}, ${hex(resource)}, ${c})`);
      calls.imageRequirements(resource);
      did(`vkGetImageMemoryRequirements(${d}, ${hex(resource)}, ${hex(at.requirements)})`);
      calls.bindImage(resource, memory, offset);
      did(`vkBindImageMemory(${d}, ${hex(resource)}, ${hex(memory)}, ${hex(BigInt(offset))})`);
      driver.made = resource;
      calls.createAndBindBuffer(memory, offset);
      did(`vkCreateBuffer(${d}, ${hex(at.bufferInfo)}, ${c}, ${hex(at.out)})`);
      did(`vkBindBufferMemory(${d}, ${hex(resource)}, ${hex(memory)}, ${hex(BigInt(offset))})`);
      expect(structs.handle).toBe(resource);
      calls.createAndBindImage(memory, offset);
      did(`vkCreateImage(${d}, ${hex(at.imageInfo)}, ${c}, ${hex(at.out)})`);
      did(`vkBindImageMemory(${d}, ${hex(resource)}, ${hex(memory)}, ${hex(BigInt(offset))})`);
      expect(structs.handle).toBe(resource);
      calls.createImageWithRequirements2();
      did(`vkCreateImage(${d}, ${hex(at.imageInfo)}, ${c}, ${hex(at.queriedImage)})`);
      did(`vkGetImageMemoryRequirements2(${d}, ${hex(at.imageQuery)}, ${hex(at.requirements2)})`);
      expect(structs.queriedImage).toBe(resource);
      expect(driver.seen.splice(0)).toEqual(expected);
    }
  });

  it.each(ways)("made %s pass what stays the same", (_, calls) => {
    for (const name of ["allocateMemory", "createBuffer", "createImage"] as const)
      expect(calls[name]()).toBe(0);
    for (const name of ["flushRange", "invalidateRange"] as const) expect(calls[name]()).toBe(0);
    calls.bufferRequirements2();
    calls.imageRequirements2();
    expect(driver.seen).toEqual([
      `vkAllocateMemory(${d}, ${hex(at.allocateInfo)}, ${c}, ${hex(at.out)})`,
      `vkCreateBuffer(${d}, ${hex(at.bufferInfo)}, ${c}, ${hex(at.out)})`,
      `vkCreateImage(${d}, ${hex(at.imageInfo)}, ${c}, ${hex(at.out)})`,
      `vkFlushMappedMemoryRanges(${d}, 0x1, ${hex(at.range)})`,
      `vkInvalidateMappedMemoryRanges(${d}, 0x1, ${hex(at.range)})`,
      `vkGetBufferMemoryRequirements2(${d}, ${hex(at.bufferQuery)}, ${hex(at.requirements2)})`,
      `vkGetImageMemoryRequirements2(${d}, ${hex(at.imageQuery)}, ${hex(at.requirements2)})`,
    ]);
  });

  it.each(ways)("made %s return what the driver says", (_, calls) => {
    const returns = (call: () => number): void => {
      for (const result of [0, 5, -1, Result.ErrorFragmentation]) {
        driver.results.push(result);
        expect(call()).toBe(result);
      }
    };
    returns(() => calls.allocateMemory());
    returns(() => calls.mapMemory(1n));
    returns(() => calls.flushRange());
    returns(() => calls.invalidateRange());
    returns(() => calls.createBuffer());
    returns(() => calls.bindBuffer(1n, 2n, 3));
    returns(() => calls.createImage());
    returns(() => calls.bindImage(1n, 2n, 3));
  });

  it.each(ways)("made %s stop at the first error", (_, calls) => {
    driver.results.push(-2);
    expect(calls.createAndBindBuffer(1n, 0)).toBe(-2);
    expect(calls.createResult()).toBe(-2);
    driver.results.push(0, -3);
    expect(calls.createAndBindBuffer(1n, 0)).toBe(-3);
    expect(calls.createResult()).toBe(0);
    driver.results.push(-2);
    expect(calls.createAndBindImage(1n, 0)).toBe(-2);
    expect(calls.createResult()).toBe(-2);
    driver.results.push(0, -3);
    expect(calls.createAndBindImage(1n, 0)).toBe(-3);
    expect(calls.createResult()).toBe(0);
    driver.results.push(-4);
    expect(calls.createImageWithRequirements2()).toBe(-4);
    const names = driver.seen.map((call) => call.split("(")[0]);
    expect(names).toEqual([
      "vkCreateBuffer",
      "vkCreateBuffer",
      "vkBindBufferMemory",
      "vkCreateImage",
      "vkCreateImage",
      "vkBindImageMemory",
      "vkCreateImage",
    ]);
  });

  it.runIf(areProven)("leave to plain calls what the device has no function for", () => {
    const { calls, free } = bindBlockCalls(
      parts,
      withArgumentBlocks(native).compile!,
      (command) => (command.endsWith("2") ? 0n : driver.functions[command]!.address),
      plain,
    );
    expect(calls.bufferRequirements2).toBe(plain.bufferRequirements2);
    expect(calls.createImageWithRequirements2).toBe(plain.createImageWithRequirements2);
    expect(calls.createBuffer).not.toBe(plain.createBuffer);
    free();
  });

  it("know every command that a sequence calls", () => {
    expect(Object.keys(parameterCounts).filter((name) => name !== "vkMapMemory")).toEqual([...blockCommands]);
  });
});

describeWithVulkan("which native calls are used", (ctx) => {
  const before = process.env.VMA_TS_NATIVE_CALLS;
  afterEach(() => {
    if (before === undefined) delete process.env.VMA_TS_NATIVE_CALLS;
    else process.env.VMA_TS_NATIVE_CALLS = before;
  });

  it("is said", () => {
    const kinds = { node: ["argument blocks", "koffi"], bun: ["bun:ffi"], deno: ["Deno.dlopen"] };
    expect(kinds[runtime]).toContain(loadVulkan().nativeCalls.kind);
  });

  it.runIf(runtime === "node")("is said, and why", () => {
    delete process.env.VMA_TS_NATIVE_CALLS;
    const { kind, reason } = loadVulkan().nativeCalls;
    expect(kind).toBe(areProven ? "argument blocks" : "koffi");
    expect(reason).toContain(
      areProven ? `for ${process.platform} ${process.arch} was tried` : "cannot be used",
    );
  });

  it.runIf(runtime === "node")("is the program's to say, then the environment's", () => {
    process.env.VMA_TS_NATIVE_CALLS = "koffi";
    expect(loadVulkan().nativeCalls).toEqual({
      kind: "koffi",
      reason: "it was requested by VMA_TS_NATIVE_CALLS",
    });
    expect(loadVulkan({ nativeCalls: "koffi" }).nativeCalls.reason).toBe("it was requested by the program");
    if (areProven)
      expect(loadVulkan({ nativeCalls: "argument blocks" }).nativeCalls.kind).toBe("argument blocks");
    process.env.VMA_TS_NATIVE_CALLS = "magic";
    expect(() => loadVulkan()).toThrow(
      'VMA_TS_NATIVE_CALLS must be "koffi" or "argument blocks", got "magic"',
    );
    expect(() => loadVulkan({ nativeCalls: "dlopen" as "koffi" })).toThrow('nativeCalls must be "koffi" or');
  });

  it.runIf(process.platform === "linux")("makes a hundred devices leave nothing behind", () => {
    const resident = (): number => {
      gc();
      gc();
      return process.memoryUsage().rss;
    };
    const round = (): void => {
      const device = ctx.vulkan.createDevice();
      device.destroyBuffer(device.createBuffer({ size: 64, usage: 2 }));
      device.destroy();
    };
    // The driver, and who frees memory late, take some at first.
    for (let i = 0; i < 150; i++) round();
    const pages = codeBytes();
    // What leaks grows with each hundred; what the engine takes for itself meanwhile does not.
    const growths = [1, 2, 3].map(() => {
      const before = resident();
      for (let i = 0; i < 100; i++) round();
      return resident() - before;
    });
    expect(codeBytes()).toBe(pages);
    expect(Math.min(...growths)).toBeLessThan(16 * 2 ** 20);
  });

  it("throws after the device is gone", () => {
    const device = ctx.vulkan.createDevice();
    const buffer = device.createBuffer({ size: 64, usage: 2 });
    device.destroyBuffer(buffer);
    device.destroy();
    const gone = /the device was destroyed/;
    expect(() => device.createBuffer({ size: 64, usage: 2 })).toThrow(gone);
    expect(() => device.createAndBindBuffer({ size: 64, usage: 2 }, 1n as DeviceMemory, 0)).toThrow(gone);
    expect(() => device.destroyBuffer(1n as Buffer)).toThrow(gone);
    expect(() => device.bindImageMemory(1n as Image, 1n as DeviceMemory, 0)).toThrow(gone);
    expect(() =>
      device.flushMappedMemoryRanges([{ memory: 1n as DeviceMemory, offset: 0, size: 64 }]),
    ).toThrow(gone);
  });

  it("does not matter to a worker that is terminated in the middle of its calls", async () => {
    const folder = compile(["src/ffi", "src/vulkan", "src/foundation"]);
    const face = pathToFileURL(
      join(folder, "src", "ffi", `${runtime === "node" ? "index" : runtime}.js`),
    ).href;
    const script = `
      const { parentPort } = require("node:worker_threads");
      import(${JSON.stringify(face)}).then(({ loadVulkan }) => {
        const vulkan = loadVulkan();
        const device = vulkan.createDevice();
        parentPort.postMessage(vulkan.nativeCalls.kind);
        for (;;) device.destroyBuffer(device.createBuffer({ size: 64, usage: 2 }));
      }).catch((error) => parentPort.postMessage(String(error)));`;
    for (let i = 0; i < 3; i++) {
      const worker = new Worker(script, { eval: true, execArgv: [] });
      const kind = await new Promise((resolve, reject) => {
        worker.on("message", resolve);
        worker.on("error", reject);
      });
      expect(kind).toBe(ctx.vulkan.nativeCalls.kind);
      await new Promise((resolve) => setTimeout(resolve, 20));
      await worker.terminate();
    }
    ctx.device.destroyBuffer(ctx.device.createBuffer({ size: 64, usage: 2 }));
  });
});

describeWithVulkan("creating and binding at once", (ctx) => {
  it("is creating, then binding", () => {
    const { device } = ctx;
    const memory = device.allocateMemory({ allocationSize: 2 * 65536, memoryTypeIndex: 0 });
    const buffer = device.createAndBindBuffer({ size: 65536, usage: 3 as BufferUsage }, memory, 65536);
    device.destroyBuffer(buffer);
    device.freeMemory(memory);
  });

  it("leaves no buffer behind that cannot be bound", () => {
    using device = plainDevice();
    const { functions } = device;
    const { vkBindBufferMemory, vkDestroyBuffer, vkCreateBuffer } = functions;
    let destroyed = 0;
    functions.vkDestroyBuffer = (...args) => {
      destroyed++;
      return vkDestroyBuffer(...args);
    };
    functions.vkBindBufferMemory = () => Result.ErrorOutOfHostMemory;
    const make = (): Buffer => device.createAndBindBuffer({ size: 64, usage: 2 }, 1n as DeviceMemory, 0);
    expect(make).toThrow(
      expect.objectContaining({ call: "vkBindBufferMemory", result: Result.ErrorOutOfHostMemory }),
    );
    expect(destroyed).toBe(1);
    functions.vkCreateBuffer = () => Result.ErrorOutOfDeviceMemory;
    expect(make).toThrow(
      expect.objectContaining({ call: "vkCreateBuffer", result: Result.ErrorOutOfDeviceMemory }),
    );
    expect(destroyed).toBe(1);
    Object.assign(functions, { vkBindBufferMemory, vkDestroyBuffer, vkCreateBuffer });
  });

  const imageInfo: ImageCreateInfo = {
    format: 37,
    extent: { width: 64, height: 64 },
    usage: ImageUsage.Sampled | ImageUsage.TransferDst,
  };

  it("is creating an image, then binding it", () => {
    const { device } = ctx;
    const needs = emptyMemoryRequirements();
    const probe = device.createImage(imageInfo);
    device.getImageMemoryRequirements(probe, needs, false);
    device.destroyImage(probe);
    const memoryTypeIndex = 31 - Math.clz32(needs.memoryTypeBits & -needs.memoryTypeBits);
    const memory = device.allocateMemory({ allocationSize: 2 * needs.size, memoryTypeIndex });
    const image = device.createAndBindImage(imageInfo, memory, needs.size);
    // Bound already, which the validation layer knows.
    device.bindImageMemory(image, memory, 0);
    expect(ctx.takeMessages().map(({ message }) => message)).toEqual([
      expect.stringMatching(/already been bound|already bound/),
    ]);
    device.destroyImage(image);
    device.freeMemory(memory);
  });

  it("leaves no image behind that cannot be bound", () => {
    using device = plainDevice();
    const { functions } = device;
    const { vkBindImageMemory, vkDestroyImage, vkCreateImage } = functions;
    let destroyed = 0;
    functions.vkDestroyImage = (...args) => {
      destroyed++;
      return vkDestroyImage(...args);
    };
    functions.vkBindImageMemory = () => Result.ErrorOutOfHostMemory;
    const make = (): unknown => device.createAndBindImage(imageInfo, 1n as DeviceMemory, 0);
    expect(make).toThrow(
      expect.objectContaining({ call: "vkBindImageMemory", result: Result.ErrorOutOfHostMemory }),
    );
    expect(destroyed).toBe(1);
    functions.vkCreateImage = () => Result.ErrorOutOfDeviceMemory;
    expect(make).toThrow(
      expect.objectContaining({ call: "vkCreateImage", result: Result.ErrorOutOfDeviceMemory }),
    );
    expect(destroyed).toBe(1);
    Object.assign(functions, { vkBindImageMemory, vkDestroyImage, vkCreateImage });
  });

  it("asks for an image's requirements as it is made", () => {
    const { device } = ctx;
    for (const dedicated of [false, true]) {
      const [apart, together] = [emptyMemoryRequirements(), emptyMemoryRequirements()];
      const image = device.createImageWithRequirements(imageInfo, together, dedicated);
      device.getImageMemoryRequirements(image, apart, dedicated);
      expect(together).toEqual(apart);
      device.destroyImage(image);
    }
  });
});
