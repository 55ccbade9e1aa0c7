/** What the page and its worker say to each other. */

import type { History } from "../model/history.ts";

/** What the worker is asked. */
export interface ReadRequest {
  readonly name: string;
  readonly bytes: ArrayBuffer;
}

/** What the worker answers. */
export type ReadAnswer =
  | { readonly history: History; readonly milliseconds: number }
  | { readonly error: string };
