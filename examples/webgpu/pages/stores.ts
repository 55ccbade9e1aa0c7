/** Where meshes live: all in one heap, or each in a GPUBuffer of its own. */

import { GpuBufferHeap, GpuBufferUsage, type HeapAllocation } from "../../../src/webgpu/index.ts";
import { STRIDE } from "./shapes.ts";

/** A mesh that is there. */
export interface Mesh {
  readonly buffer: GPUBuffer;
  /** Its first vertex in the buffer. */
  readonly first: number;
  readonly vertices: number;
}

/** Whoever draws meshes, and has to record that anew when one has moved. */
export interface MeshOwner {
  bundle: GPURenderBundle | undefined;
}

/** What a store takes. */
export interface StoreFigures {
  readonly buffers: number;
  /** Bytes of all buffers. */
  readonly bytes: number;
  /** Bytes that meshes need. */
  readonly used: number;
}

/** Where meshes live. */
export interface MeshStore {
  /** Undefined while there is no room yet. */
  allocate(bytes: number, owner: MeshOwner): Mesh | undefined;
  write(mesh: Mesh, vertices: Uint8Array<ArrayBuffer>): void;
  free(mesh: Mesh): void;
  /** Tidies up at the end of a frame. Returns the bytes moved. */
  endFrame(): number;
  figures(): StoreFigures;
  destroy(): void;
}

class HeapMesh implements Mesh {
  readonly allocation: HeapAllocation<GPUBuffer>;

  constructor(allocation: HeapAllocation<GPUBuffer>) {
    this.allocation = allocation;
  }

  get buffer(): GPUBuffer {
    return this.allocation.buffer;
  }

  get first(): number {
    return this.allocation.offset / STRIDE;
  }

  get vertices(): number {
    return this.allocation.size / STRIDE;
  }
}

/** Bytes that a frame may move. */
const BYTES_PER_FRAME = 256 * 1024;

/** All meshes in one heap. */
export class HeapStore implements MeshStore {
  readonly heap: GpuBufferHeap<GPUDevice>;
  /** Whether memory is given back by moving what is in the way. */
  defragments = true;
  private isGrowing = false;
  private readonly onError: (error: unknown) => void;

  constructor(device: GPUDevice, onError: (error: unknown) => void) {
    this.onError = onError;
    this.heap = new GpuBufferHeap(device, {
      usage: GpuBufferUsage.Vertex,
      elementSize: STRIDE,
      blockSize: 16 * 2 ** 20,
      label: "meshes",
    });
  }

  allocate(bytes: number, owner: MeshOwner): Mesh | undefined {
    const allocation = this.heap.allocate(bytes, { userData: owner });
    if (allocation !== undefined) return new HeapMesh(allocation);
    this.grow();
    return undefined;
  }

  write(mesh: Mesh, vertices: Uint8Array<ArrayBuffer>): void {
    this.heap.write((mesh as HeapMesh).allocation, vertices);
  }

  /** The device confirms a new block a little later; what had no room comes in a later frame. */
  private grow(): void {
    if (this.isGrowing) return;
    this.isGrowing = true;
    this.heap
      .reserve(2 ** 20)
      .catch(this.onError)
      .finally(() => {
        this.isGrowing = false;
      });
  }

  free(mesh: Mesh): void {
    this.heap.free((mesh as HeapMesh).allocation);
  }

  endFrame(): number {
    if (!this.defragments) return 0;
    const { bytesMoved } = this.heap.defragment({
      maxBytes: BYTES_PER_FRAME,
      onMoved: ({ allocation }) => {
        (allocation.userData as MeshOwner).bundle = undefined;
      },
    });
    return bytesMoved;
  }

  figures(): StoreFigures {
    const { blockCount, blockBytes, allocationBytes } = this.heap.statistics();
    return { buffers: blockCount, bytes: blockBytes, used: allocationBytes };
  }

  destroy(): void {
    this.heap.destroy();
  }
}

/** A GPUBuffer for each mesh. */
export class BufferStore implements MeshStore {
  private readonly device: GPUDevice;
  private readonly meshes: Set<Mesh> = new Set();
  private used = 0;

  constructor(device: GPUDevice) {
    this.device = device;
  }

  allocate(bytes: number): Mesh {
    const usage = GpuBufferUsage.Vertex | GpuBufferUsage.CopyDst;
    const buffer = this.device.createBuffer({ size: bytes, usage });
    const mesh = { buffer, first: 0, vertices: bytes / STRIDE };
    this.meshes.add(mesh);
    this.used += bytes;
    return mesh;
  }

  write({ buffer }: Mesh, vertices: Uint8Array<ArrayBuffer>): void {
    this.device.queue.writeBuffer(buffer, 0, vertices);
  }

  free(mesh: Mesh): void {
    this.meshes.delete(mesh);
    this.used -= mesh.buffer.size;
    mesh.buffer.destroy();
  }

  endFrame(): number {
    return 0;
  }

  figures(): StoreFigures {
    return { buffers: this.meshes.size, bytes: this.used, used: this.used };
  }

  destroy(): void {
    for (const { buffer } of this.meshes) buffer.destroy();
    this.meshes.clear();
  }
}
