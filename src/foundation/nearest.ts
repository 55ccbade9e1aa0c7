/** The known name that a wrong one was most likely meant to be, for error messages: edit distance, case aside. */

/** Letters that say by themselves which name was begun. */
const SHORTEST_PREFIX = 6;

/** How many letters must be put in, left out or replaced to make `a` into `b` (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

/**
 * The nearest of the known names, if one is near enough to be meant: at most a third of its letters differ, or two, or it
 * begins with all of the wrong one.
 */
export function nearestName(name: string, names: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase();
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of names) {
    const known = candidate.toLowerCase();
    const isPrefix = wanted.length >= SHORTEST_PREFIX && known.startsWith(wanted);
    const differing = isPrefix ? 1 : distance(wanted, known);
    if (differing >= least) continue;
    least = differing;
    best = candidate;
  }
  return best !== undefined && least <= Math.max(2, Math.floor(best.length / 3)) ? best : undefined;
}
