/**
 * Follows a living program: takes in the bytes of its recording as they come, and tells the history so far now and
 * then. Telling costs a copy of everything, so the longer it takes, the more seldom it is done.
 */

import { CHUNK_HEADER_BYTES, CHUNK_MAGIC, MAX_PAYLOAD_BYTES } from "../../recording/format/chunk.ts";
import { Recording } from "../../recording/index.ts";
import type { History } from "../model/history.ts";
import { FileError } from "./json.ts";
import { RecordingReader } from "./recording.ts";

/** Milliseconds between two tellings at least, and how many times longer than telling takes. */
const LEAST_PAUSE = 400;
const PAUSES = 4;
/** Where a chunk's header says how long its payload is. */
const PAYLOAD_LENGTH_AT = 4;

/** What is told. */
export interface LiveNews {
  readonly history: History;
  readonly milliseconds: number;
  /** Bytes so far. */
  readonly size: number;
}

/**
 * The address of a stream of bytes on this machine, of what a link says. Nothing else is ever asked for, whatever a
 * link says; the page's policy forbids it as well.
 */
export function liveAddress(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new FileError(`“${text.slice(0, 80)}” is not the address of a running program.`);
  }
  if (url.protocol !== "http:" || url.hostname !== "127.0.0.1")
    throw new FileError(
      `Programs are followed on this machine only, at http://127.0.0.1, not at ${url.host.slice(0, 80)}.`,
    );
  // The same server tells the same chunks as events and as bytes.
  url.pathname = url.pathname.replace(/\/chunks$/, "/bytes");
  return url.href;
}

/** Milliseconds before each attempt to reach again a program whose stream broke off. */
export const ATTEMPTS: readonly number[] = [250, 500, 1000, 2000, 4000, 4000, 4000];

/** What follows a program is told. */
export interface LiveListener {
  /** More of the history is known. */
  tell(news: LiveNews): void;
  /** The stream broke off; it is tried to reach the program again. */
  lost(): void;
}

/**
 * Follows a program until it ends; returns why it did. A stream that breaks off before is asked for again: a program that goes on
 * tells what is alive then, so that only what happened meanwhile is lost.
 */
export async function followLive(address: string, name: string, listener: LiveListener): Promise<string> {
  let follower = new Follower(name, listener);
  let stream = await connect(address);
  for (;;) {
    follower = await follower.follow(stream);
    if (follower.hasEnded) return "The program has ended.";
    const again = await reconnect(address, listener);
    if (again === undefined) return "The program can no longer be reached.";
    stream = again;
  }
}

type ByteStream = ReadableStreamDefaultReader<Uint8Array>;

async function connect(address: string): Promise<ByteStream> {
  const response = await fetch(liveAddress(address), { cache: "no-store" });
  if (!response.ok)
    throw new FileError(
      response.status === 403
        ? "The program does not accept the token of this link."
        : `The program answers ${response.status}.`,
    );
  return response.body!.getReader();
}

async function reconnect(address: string, listener: LiveListener): Promise<ByteStream | undefined> {
  listener.lost();
  for (const milliseconds of ATTEMPTS) {
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    const stream = await connect(address).catch((error: unknown) => error);
    // Another program has the port now, with a token of its own.
    if (stream instanceof FileError) return undefined;
    if (!(stream instanceof Error)) return stream as ByteStream;
  }
  return undefined;
}

/** Takes in the bytes of one recording, also where they come by several streams. */
class Follower {
  readonly #recording = Recording.live();
  readonly #name: string;
  readonly #listener: LiveListener;
  /** The recording's first chunk. */
  #header: Uint8Array | undefined;
  #reader: RecordingReader | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pause = 0;

  constructor(name: string, listener: LiveListener) {
    this.#name = name;
    this.#listener = listener;
  }

  /** Whether the recording says that it is over. */
  get hasEnded(): boolean {
    return this.#reader !== undefined && this.#recording.end.reason !== undefined;
  }

  /** Takes in a stream until it breaks off; returns who goes on, which is another one if it is another recording. */
  async follow(stream: ByteStream): Promise<Follower> {
    let follower: Follower = this;
    let beginning: Uint8Array | undefined = new Uint8Array(0);
    for (;;) {
      const chunk = await stream.read().catch(() => undefined);
      if (chunk === undefined || chunk.done) break;
      if (beginning === undefined) {
        follower.#append(chunk.value);
        continue;
      }
      beginning = joined(beginning, chunk.value);
      const length = headerLength(beginning);
      if (length === undefined || beginning.length < length) continue;
      follower = this.#joinAt(beginning, length);
      beginning = undefined;
    }
    follower.tellNow();
    return follower;
  }

  /** A stream begins with the header, which is left out where it is known. */
  #joinAt(bytes: Uint8Array, length: number): Follower {
    const header = bytes.slice(0, length);
    if (this.#header === undefined) {
      this.#header = header;
      this.#append(bytes);
      return this;
    }
    if (isSame(header, this.#header)) {
      this.#recording.forgetUnfinished();
      this.#append(bytes.subarray(length));
      return this;
    }
    const other = new Follower(this.#name, this.#listener);
    return other.#joinAt(bytes, length);
  }

  #append(bytes: Uint8Array): void {
    this.#recording.append(bytes);
    // The first chunk is the header, without which nothing is understood.
    if (this.#recording.goodUpTo === 0) return;
    this.#reader ??= new RecordingReader(this.#recording, this.#name);
    this.#reader.advance();
    this.#timer ??= setTimeout(() => this.tellNow(), this.#pause);
  }

  tellNow(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#reader === undefined) return;
    const start = performance.now();
    const history = this.#reader.finish();
    const milliseconds = performance.now() - start;
    this.#pause = Math.max(LEAST_PAUSE, milliseconds * PAUSES);
    this.#listener.tell({ history, milliseconds, size: this.#recording.goodUpTo });
  }
}

/** Bytes of the chunk that a stream begins with; undefined while that is not known. */
function headerLength(bytes: Uint8Array): number | undefined {
  if (bytes.length < CHUNK_HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  // What is no recording is for the reader to refuse.
  if (view.getUint32(0, true) !== CHUNK_MAGIC) return bytes.length;
  return CHUNK_HEADER_BYTES + Math.min(view.getUint32(PAYLOAD_LENGTH_AT, true), MAX_PAYLOAD_BYTES);
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
