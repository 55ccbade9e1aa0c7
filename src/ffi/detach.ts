/**
 * Detaches an ArrayBuffer whose memory is outside the JavaScript heap: every typed array over it has length 0 from then on, so
 * that nothing can access the memory after it is gone.
 *
 * ArrayBuffer.prototype.transfer does it (Node.js 22 and later). Node.js 20 has no such method, and its structuredClone
 * silently copies external buffers instead of moving them; but reading into a buffer through a BYOB reader must move it, and
 * does so at once. No source ever fills that stream: it is cancelled immediately, which drops the moved buffer unwritten. That
 * costs 10 to 30 µs, transfer 0.5 µs.
 */

/** The buffer's own method may be one that refuses. */
const { transfer } = ArrayBuffer.prototype as {
  transfer?(this: ArrayBuffer, newLength?: number): ArrayBuffer;
};

/** Empties `buffer` and every view of it. */
export function detach(buffer: ArrayBuffer): void {
  if (buffer.byteLength === 0) return;
  if (transfer !== undefined) {
    transfer.call(buffer, 0);
    return;
  }
  detachByReading(buffer);
}

/** The way of Node.js 20; exported for its test. */
export function detachByReading(buffer: ArrayBuffer): void {
  const reader = new ReadableStream({ type: "bytes" }).getReader({ mode: "byob" });
  reader.read(new Uint8Array(buffer)).catch(ignore);
  reader.cancel().catch(ignore);
}

function ignore(): void {}
