/** Texts for what is recorded as numbers. */

import { RequestedResource } from "./kinds.ts";
import type { RecordedRequest } from "./request.ts";

const RESOURCES = ["memory", "buffer", "image", "virtual allocation"] as const;

/** Such as "buffer, usage 0x22" or "image 256 × 256, usage 0x6". */
export function describeRequest(request: RecordedRequest): string {
  const { resource, resourceUsage, image } = request;
  const usage = resourceUsage === 0 ? "" : `, usage 0x${resourceUsage.toString(16)}`;
  if (resource !== RequestedResource.Image || image === undefined) {
    return `${RESOURCES[resource] ?? "resource"}${usage}`;
  }
  const { width, height, depth, mipLevels, arrayLayers, samples } = image;
  const extent = depth > 1 ? `${width} × ${height} × ${depth}` : `${width} × ${height}`;
  const levels = mipLevels > 1 ? `, ${mipLevels} levels` : "";
  const layers = arrayLayers > 1 ? `, ${arrayLayers} layers` : "";
  return `image ${extent}${levels}${layers}${samples > 1 ? `, ${samples} samples` : ""}${usage}`;
}
