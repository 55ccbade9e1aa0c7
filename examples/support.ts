/** What the examples share: a device, validated where VMA_TS_VALIDATION=1 says so, and the words of a shader. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { type DeviceOptions, loadVulkan, type NativeDevice } from "../src/ffi/index.ts";

/** A device with what every example uses. */
export function openDevice(options: DeviceOptions = {}): NativeDevice {
  const isValidated = process.env.VMA_TS_VALIDATION === "1";
  return loadVulkan().createDevice({
    ...(isValidated ? { validation: { synchronization: true } } : {}),
    ...options,
  });
}

/** Destroys a device, and throws where the validation layer had something to say about its use. */
export function closeDevice(device: NativeDevice): void {
  device.destroy();
  const remarks = device.messages.filter(
    ({ message }) => !/Device Extension \w+ is not supported/.test(message),
  );
  if (remarks.length > 0) throw new Error(remarks.map(({ message }) => message).join("\n"));
}

/** SPIR-V of examples/shaders, compiled by `npm run shaders`. */
export function shader(name: string): Uint8Array {
  return readFileSync(join(import.meta.dirname, "shaders", `${name}.spv`));
}

/** Throws unless something that must be is. */
export function expect(isRight: boolean, what: string): void {
  if (!isRight) throw new Error(`the result is wrong: ${what}`);
}

/** `new Worker(new URL(url))`, for a file in TypeScript. */
export function startWorker(url: string): Worker {
  const script = `import("tsx/esm/api").then(({ tsImport }) => tsImport(${JSON.stringify(url)}, ${JSON.stringify(url)}))`;
  return new Worker(script, { eval: true, execArgv: [] });
}
