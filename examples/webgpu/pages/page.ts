/** What the example pages have in common: a device, or a sentence that says why there is none; and what tests look at. */

/** What a page tells its tests. */
export interface ExampleState {
  /** Frames drawn. */
  frames: number;
  /** What went wrong, device errors included. */
  errors: string[];
  /** Figures, by name. */
  figures: Record<string, number>;
}

/** The page's state, as `globalThis.example`. */
export const state: ExampleState = { frames: 0, errors: [], figures: {} };
Object.assign(globalThis, { example: state });

/** An element of the page. */
export function element<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

/** Shows what went wrong. */
export function complain(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  state.errors.push(message);
  element("problem").textContent = message;
}

/** Megabytes of 2^20 bytes, in words. */
export function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

/** A device whose errors are shown. */
export async function requestDevice(): Promise<GPUDevice> {
  if (navigator.gpu === undefined) throw new Error("This browser has no WebGPU.");
  const adapter = await navigator.gpu.requestAdapter();
  if (adapter === null) throw new Error("WebGPU has no adapter here.");
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const device = await adapter.requestDevice({
    requiredLimits: { maxBufferSize, maxStorageBufferBindingSize },
  });
  device.addEventListener("uncapturederror", (event) => {
    complain((event as GPUUncapturedErrorEvent).error.message);
  });
  device.lost.then(({ message, reason }) => {
    if (reason !== "destroyed") complain(`The device is lost: ${message}`);
  });
  return device;
}

/** A canvas that the device draws to. */
export function configure(device: GPUDevice, canvas: HTMLCanvasElement): GPUCanvasContext {
  const context = canvas.getContext("webgpu") as GPUCanvasContext | null;
  if (context === null) throw new Error("The canvas has no WebGPU context.");
  context.configure({ device, format: navigator.gpu.getPreferredCanvasFormat(), alphaMode: "opaque" });
  return context;
}
