/** The usage flags of a resource in words. */

import { type History, Kind } from "./history.ts";

const buffer = [
  "transfer source",
  "transfer destination",
  "uniform texels",
  "storage texels",
  "uniform",
  "storage",
  "index",
  "vertex",
  "indirect",
];
const image = [
  "transfer source",
  "transfer destination",
  "sampled",
  "storage",
  "color attachment",
  "depth-stencil attachment",
  "transient attachment",
  "input attachment",
];
const d3d12 = [
  "render target",
  "depth stencil",
  "unordered access",
  "no shader resource",
  "cross adapter",
  "simultaneous access",
];

/** What the resource of an allocation is used for; "" if the file does not say. */
export function usageWords({ allocations, device }: History, allocation: number): string {
  const usage = allocations.usage[allocation]!;
  const kind = allocations.kind[allocation]!;
  if (usage === 0 || kind === Kind.Unknown) return "";
  const names = device.api.startsWith("Direct3D") ? d3d12 : kind <= Kind.OtherBuffer ? buffer : image;
  const words: string[] = [];
  let rest = usage;
  for (const [bit, name] of names.entries()) {
    // Flags may be wider than 32 bits.
    if (Math.floor(usage / 2 ** bit) % 2 === 1) {
      words.push(name);
      rest -= 2 ** bit;
    }
  }
  if (rest > 0) words.push(`0x${rest.toString(16)}`);
  return words.join(", ");
}
