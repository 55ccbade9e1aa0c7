/**
 * Follows a living program: takes in the bytes of its recording as they come, and tells the history so far now and
 * then. Telling costs a copy of everything, so the longer it takes, the more seldom it is done.
 */

import { Recording } from "../../recording/index.ts";
import type { History } from "../model/history.ts";
import { FileError } from "./json.ts";
import { RecordingReader } from "./recording.ts";

/** Milliseconds between two tellings at least, and how many times longer than telling takes. */
const LEAST_PAUSE = 400;
const PAUSES = 4;

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
    throw new FileError(`“${text.slice(0, 80)}” is no address of a living program.`);
  }
  if (url.protocol !== "http:" || url.hostname !== "127.0.0.1")
    throw new FileError(
      `Programs are followed on this machine only, at http://127.0.0.1, not at ${url.host.slice(0, 80)}.`,
    );
  // The same server tells the same chunks as events and as bytes.
  url.pathname = url.pathname.replace(/\/chunks$/, "/bytes");
  return url.href;
}

/** Follows a program until it ends; returns why it did. */
export async function followLive(
  address: string,
  name: string,
  tell: (news: LiveNews) => void,
): Promise<string> {
  const response = await fetch(liveAddress(address), { cache: "no-store" });
  if (!response.ok)
    throw new FileError(
      response.status === 403
        ? "The program does not accept the token of this link."
        : `The program answers ${response.status}.`,
    );
  const stream = response.body!.getReader();
  const recording = Recording.live();
  const follower = new Follower(recording, name, tell);
  for (;;) {
    const chunk = await stream.read().catch(() => undefined);
    if (chunk === undefined || chunk.done) break;
    recording.append(chunk.value);
    follower.advance();
  }
  follower.tellNow();
  return "The program has ended, or its stream was closed.";
}

class Follower {
  readonly #recording: Recording;
  readonly #name: string;
  readonly #tell: (news: LiveNews) => void;
  #reader: RecordingReader | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pause = 0;

  constructor(recording: Recording, name: string, tell: (news: LiveNews) => void) {
    this.#recording = recording;
    this.#name = name;
    this.#tell = tell;
  }

  /** More has come. */
  advance(): void {
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
    this.#tell({ history, milliseconds, size: this.#recording.goodUpTo });
  }
}
