/**
 * GPUBuffers for a heap. WebGPU reports errors later, through error scopes: a buffer counts as made when its scopes have come
 * back empty.
 */

import type { BufferPort } from "../heap/port.ts";
import type { BufferOf, GpuDeviceLike } from "./types.ts";

/** Makes GPUBuffers of one usage. */
export class GpuBufferPort<Device extends GpuDeviceLike> implements BufferPort<BufferOf<Device>> {
  readonly api = "WebGPU";
  readonly maxBufferSize: number;
  readonly lost: Promise<string>;
  /** Called before a buffer is destroyed. */
  onDestroy: ((buffer: BufferOf<Device>) => void) | undefined = undefined;
  private readonly device: Device;
  private readonly usage: number;

  constructor(device: Device, usage: number) {
    this.device = device;
    this.usage = usage;
    this.maxBufferSize = device.limits.maxBufferSize;
    this.lost = device.lost.then(({ message, reason }) => message || `${reason ?? "no reason given"}`);
  }

  async create(size: number, label: string): Promise<BufferOf<Device>> {
    const { device, usage } = this;
    const { value: buffer, confirmed } = inScopes(device, () => device.createBuffer({ label, size, usage }));
    try {
      await confirmed;
    } catch (error) {
      buffer.destroy();
      throw error;
    }
    return buffer as BufferOf<Device>;
  }

  destroy(buffer: BufferOf<Device>): void {
    this.onDestroy?.(buffer);
    buffer.destroy();
  }
}

/** What a call returned, and whether the device agrees: rejects with its error. */
export interface Scoped<T> {
  readonly value: T;
  readonly confirmed: Promise<void>;
}

const FILTERS = ["validation", "internal", "out-of-memory"] as const;

/** Makes a call within error scopes, which are closed whatever happens. */
export function inScopes<T>(device: GpuDeviceLike, call: () => T): Scoped<T> {
  let open = 0;
  let value: T;
  let confirmed: Promise<void> | undefined;
  try {
    for (; open < FILTERS.length; open++) device.pushErrorScope(FILTERS[open]!);
    value = call();
  } finally {
    confirmed = firstError(FILTERS.slice(0, open).map(() => device.popErrorScope()));
    // If the call throws, the device's own errors do not matter.
    confirmed.catch(() => {});
  }
  return { value, confirmed };
}

async function firstError(scopes: ReturnType<GpuDeviceLike["popErrorScope"]>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(scopes)) {
    if (outcome.status === "rejected") throw outcome.reason;
    if (outcome.value !== null) throw new Error(outcome.value.message || "the device is out of memory");
  }
}
