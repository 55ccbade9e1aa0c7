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

/** Whether the first file is a living program that is followed, or one that was, and has ended. */
export const live: Signal<"follows" | "ended" | undefined> = signal<"follows" | "ended" | undefined>(
  undefined,
);

/** The file that is being read. */
export const reading: Signal<string | undefined> = signal<string | undefined>(undefined);
