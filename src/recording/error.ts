/** What is wrong with a recording. */

/** A recording, or what was taken for one, that cannot be read. */
export class RecordingError extends Error {
  /** "RecordingError" */
  override readonly name = "RecordingError";
  /** The byte at which it was seen. */
  readonly position: number;

  /** @internal Made by the library. */
  constructor(message: string, position: number) {
    super(message);
    this.position = position;
  }
}

/** Damage that reading got past. */
export interface RecordingProblem {
  /** The byte at which it was seen. */
  readonly position: number;
  /** Where reading went on; the length of the recording where it could not. */
  readonly resumedAt: number;
  /** Such as "the chunk's checksum is wrong". */
  readonly message: string;
}
