/** Where the bytes of a recording go. */

/** Takes the chunks of a recording, in order. */
export interface RecordingSink {
  /**
   * Takes one chunk, the header first. The bytes are valid only during the call. Its exceptions do not reach the recorded
   * program: the chunk counts as lost, and the recording goes on with a new snapshot.
   */
  write(chunk: Uint8Array): void;
  /** The recording has ended. */
  close?(): void;
}

/** Keeps all chunks in memory. */
export class MemorySink implements RecordingSink {
  private readonly chunks: Uint8Array[] = [];
  private length = 0;

  write(chunk: Uint8Array): void {
    this.chunks.push(chunk.slice());
    this.length += chunk.length;
  }

  /** The recording so far. */
  bytes(): Uint8Array {
    const all = new Uint8Array(this.length);
    let at = 0;
    for (const chunk of this.chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  }
}
