/** Yields the thread for a moment, in Node.js, Bun, Deno and browsers alike. */

/** Resolves when others have had their turn. A timer would take a millisecond, in browsers four. */
export function nextTurn(): Promise<void> {
  if (typeof setImmediate === "function") return new Promise((resolve) => setImmediate(resolve));
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    const end = (): void => {
      port1.close();
      resolve();
    };
    port1.addEventListener("message", end);
    port1.start();
    port2.postMessage(undefined);
  });
}
