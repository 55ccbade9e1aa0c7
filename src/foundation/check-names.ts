/** Checks the names of options: a misspelt one would be ignored without a word. For slow paths alone. */

import { quote } from "./check.ts";
import { nearestName } from "./nearest.ts";

/**
 * Throws a TypeError for a name that is not known, with the nearest one, and for a member of `enums` that is there and
 * undefined: a member of an enumeration that does not exist is that, and would silently mean the default.
 */
export function checkNames(
  options: object,
  known: ReadonlySet<string>,
  what: string,
  enums: readonly string[] = [],
): void {
  for (const name in options) {
    if (known.has(name)) continue;
    const near = nearestName(name, known);
    const hint = near === undefined ? "" : `; is ${near} meant?`;
    throw new TypeError(`${what} have no option ${quote(name)}${hint}`);
  }
  for (const name of enums) {
    if (name in options && (options as Record<string, unknown>)[name] === undefined) {
      throw new TypeError(
        `${name} must not be undefined where it is given: does the constant that was meant exist?`,
      );
    }
  }
}
