/** What the page and its worker say to each other. */

import type { History } from "../model/history.ts";

/** What the worker is asked: to read a file, or to follow a living program. */
export type ReadRequest =
  | { readonly name: string; readonly bytes: ArrayBuffer }
  | { readonly name: string; readonly live: string };

/** What the worker answers; of a living program again and again. */
export type ReadAnswer =
  | { readonly history: History; readonly milliseconds: number; readonly size: number }
  | { readonly error: string }
  /** The stream of the living program broke off; it is tried to reach it again. */
  | { readonly isLost: true }
  /** The living program has ended, or is not to be reached any more. */
  | { readonly ended: string };
