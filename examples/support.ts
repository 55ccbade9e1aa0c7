/** What the examples share: a device, validated where VMA_TS_VALIDATION=1 says so, the words of a shader, checks. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { type DeviceOptions, loadVulkan, type NativeDevice } from "../src/ffi/index.ts";

/** Whether the validation layer watches, synchronization included: `npm run examples` has it so. */
export const isValidated: boolean = process.env.VMA_TS_VALIDATION === "1";

/** A device with what every example uses. When the process ends, the layer must have had nothing to say about its use. */
export function openDevice(options: DeviceOptions = {}): NativeDevice {
  const validation = isValidated ? { validation: { synchronization: true } } : {};
  const device = loadVulkan().createDevice({ ...validation, ...options });
  failOnMessages(device);
  return device;
}

/** Has the process fail where the validation layer had something to say. */
export function failOnMessages({ messages }: Pick<NativeDevice, "messages">): void {
  process.on("exit", () => {
    // Of extensions and structures younger than itself the layer says that it does not know them, however they are used.
    const unknown = /Device Extension \w+ is not supported|added to a later version of the Vulkan header/;
    const remarks = messages.filter(({ message }) => !unknown.test(message));
    for (const { message } of remarks) console.error(message);
    if (remarks.length > 0) process.exitCode = 1;
  });
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
