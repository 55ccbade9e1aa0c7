/** The files that are open: one, or two to be compared. */

import { type Signal, signal } from "@preact/signals";
import type { History } from "../model/history.ts";

/** A file that is open. */
export interface OpenDocument {
  readonly history: History;
  /** Bytes of the file. */
  readonly size: number;
  /** Milliseconds that reading took. */
  readonly readTime: number;
}

/** At most two: the second is what the first is compared with. */
export const documents: Signal<readonly OpenDocument[]> = signal<readonly OpenDocument[]>([]);

/** Why a file could not be opened. */
export interface Problem {
  readonly file: string;
  /** In words for whoever opened it. */
  readonly message: string;
}

/** What went wrong with the last file. */
export const problem: Signal<Problem | undefined> = signal<Problem | undefined>(undefined);

/** What a living program may be: followed, looked for after its stream broke off, or ended. */
export type LiveState = "follows" | "reconnects" | "ended";

/** Whether the first file is a living program, and what is known of it. */
export const live: Signal<LiveState | undefined> = signal<LiveState | undefined>(undefined);

/** The file that is being read. */
export const reading: Signal<string | undefined> = signal<string | undefined>(undefined);
