/**
 * JSON from strangers: values that know their place in the file, so that what is wrong with one is said with its path.
 */

/** What is wrong with a file, in words for whoever opened it. */
export class FileError extends Error {
  override readonly name: string = "FileError";
}

/** A value and where it stands. */
export class JsonValue {
  readonly #value: unknown;
  readonly #path: string;

  constructor(value: unknown, path = "") {
    this.#value = value;
    this.#path = path;
  }

  /** Whether there is a value. */
  get exists(): boolean {
    return this.#value !== undefined;
  }

  /** A member; it need not exist. */
  member(key: string): JsonValue {
    const value = this.isObject && Object.hasOwn(this.#value as object, key);
    return new JsonValue(
      value ? (this.#value as Record<string, unknown>)[key] : undefined,
      this.#path === "" ? key : `${this.#path}.${key}`,
    );
  }

  get isObject(): boolean {
    return typeof this.#value === "object" && this.#value !== null && !Array.isArray(this.#value);
  }

  get isArray(): boolean {
    return Array.isArray(this.#value);
  }

  get isString(): boolean {
    return typeof this.#value === "string";
  }

  get isNumber(): boolean {
    return typeof this.#value === "number";
  }

  /** The members of an object; nothing, where there is none. */
  entries(): [string, JsonValue][] {
    if (!this.exists) return [];
    if (!this.isObject) throw this.#wrong("an object");
    return Object.keys(this.#value as object).map((key) => [key, this.member(key)]);
  }

  /** The elements of an array; nothing, where there is none. */
  elements(): JsonValue[] {
    if (!this.exists) return [];
    if (!Array.isArray(this.#value)) throw this.#wrong("an array");
    return this.#value.map((element, index) => new JsonValue(element, `${this.#path}[${index}]`));
  }

  /** A count, an offset or a size: a whole number, not negative; without a default it has to be there. */
  whole(otherwise?: number): number {
    if (!this.exists && otherwise !== undefined) return otherwise;
    const value = this.#value;
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0)
      throw this.#wrong("a whole number from 0 to 2^53 − 1");
    return value;
  }

  /** A text; "" where there is none. */
  text(): string {
    if (!this.exists || this.#value === null) return "";
    if (typeof this.#value === "string") return this.#value;
    if (typeof this.#value === "number" || typeof this.#value === "boolean") return String(this.#value);
    throw this.#wrong("a text");
  }

  /** The texts of an array. */
  texts(): string[] {
    return this.elements().map((element) => element.text());
  }

  #wrong(wanted: string): FileError {
    const found = this.exists ? `is ${shorten(JSON.stringify(this.#value))}` : "is missing";
    return new FileError(`${this.#path === "" ? "The file" : this.#path} ${found}; it must be ${wanted}.`);
  }
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** Parses JSON; throws a {@link FileError} that says where it breaks off. */
export function parseJson(text: string): JsonValue {
  try {
    return new JsonValue(JSON.parse(text));
  } catch (error) {
    const { message } = error as Error;
    const at = /position (\d+)/.exec(message)?.[1];
    const isAtEnd = /end of JSON|Unterminated|end of data/i.test(message) || Number(at) >= text.length;
    if (isAtEnd)
      throw new FileError(
        "The file ends in the middle: its last brackets are missing. It was cut off, or is still being written.",
      );
    const where = at === undefined ? "" : ` at ${lineAndColumn(text, Number(at))}`;
    throw new FileError(`The file is not valid JSON${where}.`);
  }
}

function lineAndColumn(text: string, position: number): string {
  const before = text.slice(0, position).split("\n");
  return `line ${before.length}, column ${before.at(-1)!.length + 1}`;
}
