/** How objects look in a console and as JSON: their own text instead of their inside, and handles as text. */

const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/** Makes Node.js, Bun and Deno print the objects of a class as `String` does. */
export function showAsText(type: { readonly prototype: object }): void {
  define(type.prototype, INSPECT, function (this: object): string {
    return String(this);
  });
}

/**
 * What the objects of a class are in one line, for consoles and `String`; and as data, for JSON. On the prototype, where
 * nobody meets it who lists an object's members. `data` is what the text says unless it is given.
 */
export function showAs<T extends object>(
  type: { readonly prototype: T },
  text: (object: T) => string,
  data: (object: T) => unknown = text,
): void {
  define(type.prototype, "toString", function (this: T): string {
    return text(this);
  });
  define(type.prototype, "toJSON", function (this: T): unknown {
    return withTexts(data(this));
  });
  showAsText(type);
}

/** The same object, of which `JSON.stringify` writes handles and addresses as text, as it has no numbers for them. */
export function asData<T extends object>(object: T): T {
  define(object, "toJSON", function (this: T): unknown {
    return withTexts(this);
  });
  return object;
}

/** A handle or an address as text. */
export function handleText(handle: bigint): string {
  return `0x${handle.toString(16)}`;
}

function withTexts(data: unknown): unknown {
  if (typeof data === "bigint") return handleText(data);
  if (typeof data !== "object" || data === null || Array.isArray(data)) return data;
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => [
      name,
      typeof value === "bigint" ? handleText(value) : plain(value),
    ]),
  );
}

/** Sets become lists. */
function plain(value: unknown): unknown {
  return value instanceof Set ? [...value] : value;
}

function define(object: object, name: string | symbol, value: unknown): void {
  Object.defineProperty(object, name, { configurable: true, writable: true, value });
}
