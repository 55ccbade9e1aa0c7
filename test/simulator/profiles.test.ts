import { closeSync, openSync, readSync } from "node:fs";
import { brotliDecompressSync, constants, gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { type DeviceProfile, knownExtensions, profiles, SimulatedDevice } from "../../src/simulator/index.ts";
import { apiVersionString, MemoryProperty } from "../../src/vulkan/index.ts";
import { tracePaths } from "../helpers/traces.ts";
import { buffer, bufferNeeds, smallProfile } from "./helpers.ts";

const all = Object.values(profiles);

/** The first line of a compressed trace, of which only the beginning is read. */
function header(path: string): { profile?: Parameters<typeof described>[0] } {
  const file = openSync(path, "r");
  const start = Buffer.alloc(4096);
  const length = readSync(file, start);
  closeSync(file);
  const compressed = start.subarray(0, length);
  const text = path.endsWith(".br")
    ? brotliDecompressSync(compressed, { finishFlush: constants.BROTLI_OPERATION_FLUSH }).toString()
    : gunzipSync(compressed, { finishFlush: constants.Z_SYNC_FLUSH }).toString();
  return JSON.parse(text.slice(0, text.indexOf("\n")));
}

/** What a trace's header says of a profile. */
function described(profile: {
  name: string;
  deviceType: number;
  apiVersion: string;
  limits: object;
  memoryHeaps: readonly { size: number; flags: number }[];
  memoryTypes: readonly { propertyFlags: number; heapIndex: number }[];
}): typeof profile {
  return profile;
}

function inHeaderForm(profile: DeviceProfile): Parameters<typeof described>[0] {
  const { bufferImageGranularity, nonCoherentAtomSize, maxMemoryAllocationCount } = profile.limits;
  return {
    name: profile.name,
    deviceType: profile.deviceType,
    apiVersion: apiVersionString(profile.apiVersion),
    limits: { bufferImageGranularity, nonCoherentAtomSize, maxMemoryAllocationCount },
    memoryHeaps: profile.memoryHeaps,
    memoryTypes: profile.memoryTypes,
  };
}

describe("the profiles", () => {
  it("are the recorded ones where a trace was recorded on one", () => {
    const headers = tracePaths("buffers-", "engine-").map(header);
    const names = new Set<string>();
    for (const { profile } of headers) {
      expect(inHeaderForm(profiles[profile!.name]!)).toEqual(profile);
      names.add(profile!.name);
    }
    if (headers.length === 0) return;
    expect(names).toEqual(new Set(["lavapipe", "nvidia-h100", "amd-discrete-rebar", "arm-mobile"]));
  });

  it.each(all.map((profile) => [profile.name, profile] as const))(
    "%s is a device that Vulkan allows",
    (_name, profile) => {
      const { memoryTypes } = profile;
      const { HostVisible, HostCoherent, HostCached, LazilyAllocated, Protected } = MemoryProperty;
      const has = (flags: number): boolean =>
        memoryTypes.some(({ propertyFlags }) => (propertyFlags & flags) === flags);
      expect(has(HostVisible | HostCoherent)).toBe(true);
      expect(has(MemoryProperty.DeviceLocal)).toBe(true);
      for (const { propertyFlags } of memoryTypes) {
        const hostFlags = propertyFlags & (HostCoherent | HostCached);
        expect(hostFlags === 0 || (propertyFlags & HostVisible) !== 0).toBe(true);
        if ((propertyFlags & (LazilyAllocated | Protected)) !== 0) {
          expect(propertyFlags & HostVisible).toBe(0);
        }
      }
      for (const { size, flags } of profile.memoryHeaps) expect(size > 0 && flags <= 1).toBe(true);
      expect(profile.source.length).toBeGreaterThan(20);
      expect(knownExtensions).toEqual(expect.arrayContaining([...profile.extensions]));
    },
  );

  it("list a type before those that have its flags and more, as Vulkan orders them", () => {
    const wrong = (profile: DeviceProfile): string[] =>
      profile.memoryTypes.flatMap(({ propertyFlags: late }, index) =>
        profile.memoryTypes
          .slice(0, index)
          .filter(({ propertyFlags: early }) => early !== late && (late & early) === late)
          .map(() => `${profile.name} type ${index}`),
      );
    // The recorded AMD profile does not, and the other one follows it.
    expect(all.filter(({ name }) => !name.startsWith("amd-")).flatMap(wrong)).toEqual([]);
  });

  it("make devices that work", () => {
    for (const profile of all) {
      const device = new SimulatedDevice(profile, { extensions: "all" });
      expect(device.properties).toMatchObject({
        deviceName: profile.name,
        deviceType: profile.deviceType,
        apiVersion: profile.apiVersion,
      });
      expect(device.enabledExtensions).toEqual(new Set(profile.extensions));
      const made = buffer(device);
      const { size, memoryTypeBits } = bufferNeeds(device, made);
      const memoryTypeIndex = 31 - Math.clz32(memoryTypeBits & -memoryTypeBits);
      const allocated = device.allocateMemory({ allocationSize: size, memoryTypeIndex });
      device.bindBufferMemory(made, allocated, 0);
      device.destroyBuffer(made);
      device.freeMemory(allocated);
      device.destroy();
    }
  });
});

describe("a description of a device", () => {
  it("is filled up with defaults", () => {
    const { properties, profile } = new SimulatedDevice({
      name: "bare",
      memoryHeaps: [{ size: 1024, flags: 1 }],
      memoryTypes: [{ propertyFlags: 7 as MemoryProperty, heapIndex: 0 }],
    });
    expect(apiVersionString(properties.apiVersion)).toBe("1.3.0");
    expect(properties.limits).toMatchObject({ bufferImageGranularity: 1024, nonCoherentAtomSize: 64 });
    expect(profile.extensions).toEqual(knownExtensions);
  });

  it("may be the profile of a trace's header", () => {
    const profile = inHeaderForm(profiles["arm-mobile"]!);
    const device = new SimulatedDevice({ ...profile, limits: { ...profile.limits } });
    expect(inHeaderForm(device.profile)).toEqual(profile);
    expect(device.properties.limits.maxMemoryAllocationSize).toBe(Number.POSITIVE_INFINITY);
  });

  it.each([
    ["no heap", { memoryHeaps: [] }],
    ["no type", { memoryTypes: [] }],
    ["a type of a heap that is not there", { memoryTypes: [{ propertyFlags: 1, heapIndex: 2 }] }],
    ["a heap of nothing", { memoryHeaps: [{ size: 0, flags: 1 }] }],
    ["an unknown property", { memoryTypes: [{ propertyFlags: 0x1000, heapIndex: 0 }] }],
    ["a granularity of 3", { limits: { bufferImageGranularity: 3 } }],
    ["an atom of 0", { limits: { nonCoherentAtomSize: 0 } }],
    ["a version in words", { apiVersion: "one" }],
    ["an alignment of 12", { requirements: { bufferAlignment: 12 } }],
  ])("is refused with %s", (_what, wrong) => {
    expect(() => new SimulatedDevice({ ...smallProfile, ...wrong })).toThrow(RangeError);
  });
});
