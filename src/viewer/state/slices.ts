/** Long work in slices of a few milliseconds, between which the page draws and answers. */

/** Milliseconds of a slice. */
export const SLICE = 10;

/**
 * Runs a generator to its end, telling each value and the result; returns what stops it. A slice goes on as long as it
 * may; generators that yield seldom keep their own time.
 */
export function runInSlices<T, R>(
  work: Generator<T, R>,
  onValues: (values: T[]) => void,
  onDone: (result: R) => void,
): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const slice = (): void => {
    const end = performance.now() + SLICE;
    const values: T[] = [];
    do {
      const step = work.next();
      if (step.done === true) {
        onValues(values);
        onDone(step.value);
        return;
      }
      values.push(step.value);
    } while (performance.now() < end);
    onValues(values);
    timer = setTimeout(slice, 0);
  };
  timer = setTimeout(slice, 0);
  return () => clearTimeout(timer);
}
