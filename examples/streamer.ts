/** A streamer of meshes as a program might have it; streamer.test.ts tests it without a GPU. */

import {
  type Allocator,
  type BufferCreateInfo,
  BufferUsage,
  type BufferWithMemory,
  MemoryUsage,
  type Uploader,
} from "../src/index.ts";

/** Meshes by name. What was used longest ago makes room where there is none. */
export class Streamer {
  readonly #allocator: Allocator;
  readonly #uploader: Uploader;
  readonly #meshes = new Map<string, BufferWithMemory>();
  readonly #off: () => void;

  constructor(allocator: Allocator, uploader: Uploader) {
    this.#allocator = allocator;
    this.#uploader = uploader;
    this.#off = allocator.onPressure(({ reason }) => reason === "refused" && this.#evict());
  }

  /** The names of the meshes that are there, the one used longest ago first. */
  get names(): string[] {
    return [...this.#meshes.keys()];
  }

  /** The mesh of this name, loaded if it is not there. */
  async mesh(name: string, load: () => Uint8Array): Promise<BufferWithMemory> {
    const known = this.#meshes.get(name);
    if (known !== undefined) {
      this.#meshes.delete(name);
      this.#meshes.set(name, known);
      return known;
    }
    const data = load();
    const usage = BufferUsage.VertexBuffer | BufferUsage.TransferSrc | BufferUsage.TransferDst;
    const info: BufferCreateInfo = { size: data.length, usage };
    const mesh = this.#allocator.createBuffer(info, { usage: MemoryUsage.AutoPreferDevice, name });
    try {
      await this.#uploader.buffer(mesh, data);
    } catch (error) {
      this.#allocator.destroyBuffer(mesh.buffer, mesh.allocation);
      throw error;
    }
    this.#meshes.set(name, mesh);
    return mesh;
  }

  /** Gives the oldest mesh back. */
  #evict(): boolean {
    const [oldest] = this.#meshes;
    if (oldest === undefined) return false;
    const [name, { buffer, allocation }] = oldest;
    this.#meshes.delete(name);
    this.#allocator.destroyBuffer(buffer, allocation);
    this.#allocator.trim();
    return true;
  }

  destroy(): void {
    this.#off();
    for (const { buffer, allocation } of this.#meshes.values())
      this.#allocator.destroyBuffer(buffer, allocation);
    this.#meshes.clear();
  }
}
