/**
 * Recordings in files. Written at once, with the operating system's cache as the only buffer: what has been written survives
 * the program's death. Node's modules are loaded only when a file is opened, so that recordings can be written and read in
 * browsers, which do not have them.
 */

import type { RingStore } from "./ring.ts";
import type { RecordingSink } from "./sink.ts";

/** The parts of node:fs that are used. */
interface Files {
  openSync(path: string, flags: string): number;
  writeSync(file: number, bytes: Uint8Array, offset: number, length: number, position: number): number;
  closeSync(file: number): void;
}

/** A module of Node.js, Bun or Deno. */
export function builtin<T>(name: string): T {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): unknown } };
  const module = process?.getBuiltinModule?.(name);
  if (module === undefined) {
    throw new TypeError(
      `${name} is not there: files and servers need Node.js, Bun or Deno; elsewhere give a sink with a write method`,
    );
  }
  return module as T;
}

/** A file whose bytes are written where they are wanted. */
export class FileStore implements RingStore {
  private readonly files: Files = builtin<Files>("node:fs");
  private readonly file: number;
  private isOpen = true;

  /** Creates the file, or empties it. */
  constructor(path: string) {
    this.file = this.files.openSync(path, "w");
  }

  write(position: number, bytes: Uint8Array): void {
    const { files, file } = this;
    let written = 0;
    while (written < bytes.length) {
      written += files.writeSync(file, bytes, written, bytes.length - written, position + written);
    }
  }

  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.files.closeSync(this.file);
  }
}

/** A file to which chunks are added. */
export class FileSink implements RecordingSink {
  private readonly store: FileStore;
  private end = 0;

  /** Creates the file, or empties it. */
  constructor(path: string) {
    this.store = new FileStore(path);
  }

  write(chunk: Uint8Array): void {
    this.store.write(this.end, chunk);
    this.end += chunk.length;
  }

  close(): void {
    this.store.close();
  }
}
