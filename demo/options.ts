/** What the command line asks for. */

import { parseArgs } from "node:util";

export const HELP = `npm start -- [options]
  --device <name>   gpu, lavapipe, simulator, simulator:<profile>, or a part of a device's name;
                    default: a real GPU, else lavapipe, else the simulator. Also VMA_TS_DEVICE.
  --validation      with the validation layer; a message of it is a failure
  --count <number>  resources at the start (default 3000)
  --seed <number>   another seed makes other resources (default 1)
  --svg <file>      writes a picture of the blocks
  --record <file>   writes a recording, which the viewer shows
  --help            this text`;

/** The options, with their defaults. */
export interface DemoOptions {
  readonly device: string | undefined;
  readonly validation: boolean;
  readonly count: number;
  readonly seed: number;
  readonly svg: string | undefined;
  readonly record: string | undefined;
  readonly help: boolean;
}

/** Reads the command line; throws what is wrong with it. */
export function readOptions(args: readonly string[]): DemoOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      device: { type: "string" },
      validation: { type: "boolean", default: false },
      count: { type: "string", default: "3000" },
      seed: { type: "string", default: "1" },
      svg: { type: "string" },
      record: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  return {
    ...values,
    device: values.device ?? (process.env.VMA_TS_DEVICE || undefined),
    svg: values.svg,
    record: values.record,
    count: readCount(values.count, "--count"),
    seed: readCount(values.seed, "--seed"),
  };
}

function readCount(text: string, what: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 1_000_000) {
    throw new RangeError(`${what} must be an integer from 1 to 1000000, got ${JSON.stringify(text)}`);
  }
  return value;
}
