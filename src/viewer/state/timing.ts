/** Measures what the viewer does, as entries of the browser's performance timeline, where tests and people find them. */

/** The result of `work`; how long it took becomes an entry of that name. */
export function timed<T>(name: string, work: () => T): T {
  const start = performance.now();
  const result = work();
  performance.measure(`viewer ${name}`, { start });
  // Drawing is measured at every frame; the timeline must not grow without end.
  if (++count % 2000 === 0) performance.clearMeasures();
  return result;
}
let count = 0;
