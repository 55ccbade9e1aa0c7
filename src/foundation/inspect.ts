/** How objects look in a console: their own text instead of their inside. */

/** Makes Node.js, Bun and Deno print the objects of a class as `String` does. */
export function showAsText(type: { readonly prototype: object }): void {
  Object.defineProperty(type.prototype, Symbol.for("nodejs.util.inspect.custom"), {
    configurable: true,
    writable: true,
    value(this: object): string {
      return String(this);
    },
  });
}
