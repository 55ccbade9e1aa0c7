/**
 * An assertion states one fact that holds unless the library itself has a bug.
 * Bad input is never an assertion: it is a RangeError or TypeError made in `./check.ts`.
 */
export class AssertionError extends Error {
  /** "AssertionError" */
  override readonly name = "AssertionError";
}

/** Throws an {@link AssertionError} with `sentence` unless `condition` holds. */
export function assert(condition: boolean, sentence: string): asserts condition {
  if (!condition) throw new AssertionError(sentence);
}

/** Throws an {@link AssertionError} with `sentence`. For hot code, which asks by itself: that takes fewer instructions. */
export function fail(sentence: string): never {
  throw new AssertionError(sentence);
}
