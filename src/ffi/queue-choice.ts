/** Which queues a device is created with: by purpose, or by family. */

import { checkInteger, quote } from "../foundation/check.ts";
import { type PhysicalDevice, QueueFlag } from "./physical-device.ts";
import type { QueueChoice } from "./transfer-queue.ts";

/**
 * What a queue is for. "graphics": graphics, and compute if one family has both; "compute": a family without graphics if there
 * is one; "transfer": a family that can only copy if there is one, otherwise one without graphics. If the device has no
 * separate family for it, the queue is of another one that can do it.
 */
export type QueuePurpose = "graphics" | "compute" | "transfer";

/** Queues to create. */
export interface QueueRequest {
  /** What they are for, or the index of the family. */
  readonly family: QueuePurpose | number;
  /** How many; default 1. If the family has fewer left, its last one is used again. */
  readonly count?: number;
  /** The priority of each, from 0 to 1; default 1. */
  readonly priority?: number;
}

/** A queue of a device. */
export interface DeviceQueue extends QueueChoice {
  readonly index: number;
  /** VkQueue */
  readonly handle: bigint;
}

/** Where the requested queues are, and how many of each family must be created, with their priorities. */
export interface QueuePlan {
  readonly queues: readonly { readonly familyIndex: number; readonly index: number }[];
  readonly families: ReadonlyMap<number, readonly number[]>;
}

const { Graphics, Compute, Transfer } = QueueFlag;

/** Flags that a family must have, and those that it must not have, best first. */
const wishes: Readonly<Record<QueuePurpose, readonly (readonly [has: number, lacks: number])[]>> = {
  graphics: [
    [Graphics | Compute, 0],
    [Graphics, 0],
  ],
  compute: [
    [Compute, Graphics],
    [Compute, 0],
  ],
  transfer: [
    [Transfer, Graphics | Compute],
    [Transfer, Graphics],
    [Compute, Graphics],
    [Transfer, 0],
    [Graphics, 0],
    [Compute, 0],
  ],
};

function familyOf(device: PhysicalDevice, { family }: QueueRequest): number {
  const { queueFamilies } = device;
  if (typeof family === "number") return checkInteger(family, "family", 0, queueFamilies.length - 1);
  const wanted = wishes[family];
  if (wanted === undefined) {
    throw new TypeError(`family must be "graphics", "compute", "transfer" or an index, got ${quote(family)}`);
  }
  for (const [has, lacks] of wanted) {
    const index = queueFamilies.findIndex(
      ({ queueFlags }) => (queueFlags & has) === has && (queueFlags & lacks) === 0,
    );
    if (index >= 0) return index;
  }
  throw new Error(`${device.properties.deviceName} has no queue family for ${family}`);
}

/** Gives each request its queues. */
export function planQueues(device: PhysicalDevice, requests: readonly QueueRequest[]): QueuePlan {
  const families = new Map<number, number[]>();
  const queues = requests.flatMap((request) => {
    const familyIndex = familyOf(device, request);
    const priority = request.priority ?? 1;
    if (!(priority >= 0 && priority <= 1)) {
      throw new RangeError(`priority must be from 0 to 1, got ${quote(priority)}`);
    }
    const made = families.get(familyIndex) ?? [];
    families.set(familyIndex, made);
    return Array.from({ length: checkInteger(request.count ?? 1, "count", 1, 1024) }, () => {
      if (made.length < device.queueFamilies[familyIndex]!.queueCount) made.push(priority);
      return { familyIndex, index: made.length - 1 };
    });
  });
  return { queues, families };
}
