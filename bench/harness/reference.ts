/**
 * The other side of the text protocol in `bench/reference/README.md`: starts the runner that the environment
 * variable VMA_TS_REFERENCE points to, sends it one request a line and reads one answer a line. The runner
 * stays up for as long as the rounds go on, so that both sides can be measured in turns.
 */

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Round } from "./case.ts";

/** The environment variable with the path of the runner. */
export const REFERENCE_VARIABLE = "VMA_TS_REFERENCE";

/** What a request says besides `case`: values without spaces. */
export interface ReferenceRequest {
  readonly case: string;
  readonly [key: string]: string | number;
}

/** Thrown when the runner is gone: it has crashed, or could not be started. */
export class ReferenceEnded extends Error {
  override readonly name = "ReferenceEnded";
  /** What happened to it: "ended with SIGSEGV". */
  readonly why: string;

  constructor(path: string, why: string, complaint: string) {
    super(`${path}: ${why} ${complaint}`.trimEnd());
    this.why = why;
  }
}

/** A running reference. */
export class Reference {
  readonly #process: ChildProcessWithoutNullStreams;
  /** Why the runner is gone. */
  #end: ReferenceEnded | undefined;
  readonly #waiting: { resolve: (line: string) => void; reject: (error: Error) => void }[] = [];

  /** Starts the runner at `path`. */
  constructor(path: string) {
    this.#process = spawn(path, [], { stdio: ["pipe", "pipe", "pipe"] });
    let complaint = "";
    this.#process.stderr.on("data", (chunk: Buffer) => {
      complaint = (complaint + chunk.toString()).slice(-2000);
    });
    createInterface({ input: this.#process.stdout }).on("line", (line) =>
      this.#waiting.shift()?.resolve(line),
    );
    const fail = (why: string): void => {
      this.#end ??= new ReferenceEnded(path, why, complaint);
      for (const { reject } of this.#waiting.splice(0)) reject(this.#end);
    };
    this.#process.on("error", (error) => fail(error.message));
    this.#process.on("exit", (code, signal) => fail(`ended with ${signal ?? code}`));
    // Writing to a runner that died is reported by its exit.
    this.#process.stdin.on("error", () => {});
  }

  /** Sends a request and returns the answer's values by name. */
  async ask(request: ReferenceRequest): Promise<Map<string, string>> {
    const line = Object.entries(request)
      .map(([key, value]) => `${key}=${String(value).replaceAll(" ", "_")}`)
      .join(" ");
    const answer = await new Promise<string>((resolve, reject) => {
      if (this.#end !== undefined) return reject(this.#end);
      this.#waiting.push({ resolve, reject });
      this.#process.stdin.write(`${line}\n`);
    });
    const values = new Map<string, string>();
    for (const word of answer.split(" ")) {
      const equals = word.indexOf("=");
      if (equals > 0) values.set(word.slice(0, equals), word.slice(equals + 1));
    }
    const error = values.get("error");
    if (error !== undefined) throw new Error(`the reference cannot do "${line}": ${error}`);
    return values;
  }

  /** One round of a case. */
  async round(request: ReferenceRequest): Promise<Round> {
    const figures: Record<string, number> = {};
    for (const [key, value] of await this.ask(request)) {
      const number = Number(value);
      if (!Number.isNaN(number)) figures[key] = number;
    }
    const { nanosecondsPerOperation, operations, checksum, ...rest } = figures;
    if (nanosecondsPerOperation === undefined || operations === undefined || checksum === undefined) {
      throw new Error(`the reference's answer to ${request.case} lacks a figure: ${JSON.stringify(figures)}`);
    }
    return { nanosecondsPerOperation, operations, checksum, figures: rest };
  }

  /** Ends the runner. */
  close(): void {
    this.#process.stdin.end();
  }
}

/** The reference that the environment names, or undefined. */
export function openReference(): Reference | undefined {
  const path = process.env[REFERENCE_VARIABLE];
  return path === undefined || path === "" ? undefined : new Reference(path);
}
