/** What is wrong with a recording. */

/** Thrown for a recording, or something mistaken for one, that cannot be read. */
export class RecordingError extends Error {
  /** "RecordingError" */
  override readonly name = "RecordingError";
  /** The byte at which it was detected. */
  readonly position: number;

  /** @internal Made by the library. */
  constructor(message: string, position: number) {
    super(message);
    this.position = position;
  }
}

/** Damage that reading has skipped. */
export interface RecordingProblem {
  /** The byte at which it was detected. */
  readonly position: number;
  /** Where reading resumed; the length of the recording if it could not. */
  readonly resumedAt: number;
  /** Such as "the chunk's checksum is wrong". */
  readonly message: string;
}
