/** What `vma-ts record` tells the program that it starts. */

/** The environment variable with the settings, as JSON. */
export const RECORD_VARIABLE = "VMA_TS_RECORD";
/** What an allocator calls when it is made, if it is there. */
export const ALLOCATOR_MADE: symbol = Symbol.for("vma-ts.allocator-made");

export interface RecordSettings {
  readonly folder: string;
  readonly stacks: boolean;
  readonly limit?: number | undefined;
}
