/**
 * Features as objects, `{ core: { geometryShader: true }, vulkan12: { timelineSemaphore: true }, meshShaderEXT: { meshShader:
 * true } }`, and the corresponding chain of structures for vkCreateDevice. The list of structures is generated from the
 * registry: each has its sType, its pNext, and one VkBool32 per member. A structure's name here is C's without
 * "VkPhysicalDevice" and "Features".
 */

import { quote } from "../foundation/check.ts";
import { nearestName } from "../foundation/nearest.ts";
import { featureStructures } from "./generated/features.ts";
import type { NativeMemory } from "./native-memory.ts";
import type { FeatureName, PhysicalDevice } from "./physical-device.ts";

/**
 * Features to enable, by the structure that has them: `core` is VkPhysicalDeviceFeatures, `vulkan12` is
 * VkPhysicalDeviceVulkan12Features, `meshShaderEXT` is VkPhysicalDeviceMeshShaderFeaturesEXT, and so on.
 */
export interface FeatureObjects {
  /** VkPhysicalDeviceFeatures */
  readonly core?: Readonly<Partial<Record<FeatureName, boolean>>>;
  readonly [structure: string]: Readonly<Record<string, boolean | undefined>> | undefined;
}

interface FeatureStructure {
  readonly sType: number;
  readonly members: readonly string[];
}

let known: Map<string, FeatureStructure> | undefined;

/** The structures by their names here. */
function structures(): Map<string, FeatureStructure> {
  known ??= new Map(
    featureStructures
      .trim()
      .split("\n")
      .map((line) => {
        const [name, sType, ...members] = line.split(" ") as [string, string, ...string[]];
        return [name, { sType: Number(sType), members }];
      }),
  );
  return known;
}

/** "vulkan12" for VkPhysicalDeviceVulkan12Features. */
export function featureStructureName(struct: string): string {
  const name = struct.replace("VkPhysicalDevice", "").replace("Features", "");
  return `${name[0]!.toLowerCase()}${name.slice(1)}`;
}

/** Converts the requested features from either form to one. Throws a TypeError for unknown names. */
export function readFeatures(features: readonly FeatureName[] | FeatureObjects | undefined): FeatureObjects {
  if (features === undefined) return {};
  if (Array.isArray(features)) return { core: Object.fromEntries(features.map((name) => [name, true])) };
  if (typeof features !== "object" || features === null) {
    throw new TypeError(`features must be an object or an array of names, got ${quote(features)}`);
  }
  for (const [name, members] of Object.entries(features as FeatureObjects)) {
    if (name === "core" || members === undefined) continue;
    const structure = structures().get(name);
    const meant = (near: string | undefined): string => (near === undefined ? "" : ` (is ${near} meant?)`);
    if (structure === undefined) {
      const near = nearestName(name, structures().keys());
      throw new TypeError(`features: there is no structure of features ${quote(name)}${meant(near)}`);
    }
    for (const member of Object.keys(members)) {
      if (structure.members.includes(member)) continue;
      const near = nearestName(member, structure.members);
      throw new TypeError(`features.${name} has no member ${quote(member)}${meant(near)}`);
    }
  }
  return features as FeatureObjects;
}

/** The names of the requested features of VkPhysicalDeviceFeatures. */
export function coreFeatures({ core }: FeatureObjects): FeatureName[] {
  return (Object.keys(core ?? {}) as FeatureName[]).filter((name) => core![name] === true);
}

/** All other requested features, as "structure.member". */
export function otherFeatures(features: FeatureObjects): string[] {
  return Object.entries(features).flatMap(([name, members]) =>
    name === "core"
      ? []
      : Object.entries(members ?? {}).flatMap(([member, isOn]) =>
          isOn === true ? [`${name}.${member}`] : [],
        ),
  );
}

/** Encodes the structures, with `valueOf` of each member. Returns the first one's address, `tail` if there is none. */
export function encodeFeatures(
  memory: NativeMemory,
  features: FeatureObjects,
  tail: bigint,
): { first: bigint; offsets: Map<string, number> } {
  let first = tail;
  const offsets = new Map<string, number>();
  for (const [name, members] of Object.entries(features)) {
    if (name === "core" || members === undefined) continue;
    const structure = structures().get(name)!;
    const offset = memory.reserve(16 + 4 * structure.members.length);
    memory.u32[offset / 4] = structure.sType;
    memory.u64[offset / 8 + 1] = first;
    for (const [i, member] of structure.members.entries()) {
      memory.u32[offset / 4 + 4 + i] = members[member] === true ? 1 : 0;
    }
    first = memory.at(offset);
    offsets.set(name, offset);
  }
  return { first, offsets };
}

/** Which of the requested features a device has: for errors, by querying with the same chain. */
export function presentFeatures(
  memory: NativeMemory,
  features: FeatureObjects,
  device: PhysicalDevice,
  query: (chain: bigint) => void,
): Set<string> {
  const present = new Set<string>(device.features);
  memory.reset();
  const { first, offsets } = encodeFeatures(memory, features, 0n);
  query(first);
  for (const [name, offset] of offsets) {
    for (const [i, member] of structures().get(name)!.members.entries()) {
      if (memory.u32[offset / 4 + 4 + i] !== 0) present.add(`${name}.${member}`);
    }
  }
  return present;
}
