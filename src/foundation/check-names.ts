/** Checks the names of options: a misspelt one would be ignored without a word. For slow paths alone. */

import { checkObject, quote } from "./check.ts";
import { nearestName } from "./nearest.ts";

/** Every name of an options object; "enum" for what takes a member of an enumeration, or flags. */
type Names<T extends object> = { readonly [Name in keyof T]-?: true | "enum" };

/**
 * A check of options of one kind. The compiler sees to it that no name is missing and none too many.
 *
 * It throws a TypeError for a name that is not known, with the nearest one, and for an enumeration's member that is given as
 * undefined: one that does not exist is that, and would silently mean the default.
 */
export function optionsCheck<T extends object>(what: string, names: Names<T>): (options: object) => void {
  const kinds = new Map<string, true | "enum">(Object.entries(names));
  return (options) => {
    checkObject(options, what);
    // One look at what is there: looking for each name that could be takes twice as long.
    for (const name in options) {
      const kind = kinds.get(name);
      if (kind === undefined) refuseName(name, kinds.keys(), what);
      if (kind === "enum" && (options as Record<string, unknown>)[name] === undefined) refuseMember(name);
    }
  };
}

function refuseMember(name: string): never {
  throw new TypeError(
    `${name} must not be undefined where it is given: does the constant that was meant exist?`,
  );
}

function refuseName(name: string, known: Iterable<string>, what: string): never {
  const near = nearestName(name, known);
  const hint = near === undefined ? "" : `; is ${near} meant?`;
  throw new TypeError(`${what} have no option ${quote(name)}${hint}`);
}
