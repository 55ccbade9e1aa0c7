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
  const known = new Set(Object.keys(names));
  const enums = [...known].filter((name) => names[name as keyof T] === "enum");
  return (options) => {
    checkObject(options, what);
    checkNames(options, known, what, enums);
  };
}

function checkNames(
  options: object,
  known: ReadonlySet<string>,
  what: string,
  enums: readonly string[],
): void {
  for (const name in options) if (!known.has(name)) refuseName(name, known, what);
  for (const name of enums) {
    if (name in options && (options as Record<string, unknown>)[name] === undefined) {
      throw new TypeError(
        `${name} must not be undefined where it is given: does the constant that was meant exist?`,
      );
    }
  }
}

function refuseName(name: string, known: ReadonlySet<string>, what: string): never {
  const near = nearestName(name, known);
  const hint = near === undefined ? "" : `; is ${near} meant?`;
  throw new TypeError(`${what} have no option ${quote(name)}${hint}`);
}
