/**
 * The scene of the page with many meshes: a grid of cells, of which some are emptied and filled anew in each frame. Draws are recorded in
 * a render bundle for each cell, and again when its meshes have changed or moved.
 */

import { createPipeline, star } from "./shapes.ts";
import type { Mesh, MeshStore } from "./stores.ts";

/** The most meshes that come in a frame while the scene is being filled. */
const MAX_PER_FRAME = 4000;

interface Cell {
  readonly x: number;
  readonly y: number;
  meshes: Mesh[];
  /** Meshes that it is to have. */
  wanted: number;
  bundle: GPURenderBundle | undefined;
}

/** A mesh that has no place yet. */
interface Coming {
  readonly cell: Cell;
  readonly vertices: Uint8Array<ArrayBuffer>;
}

/** What a frame has done, and how long that took. */
export interface Streamed {
  readonly freed: number;
  readonly allocated: number;
  /** Milliseconds of all of them. */
  readonly allocationTime: number;
  readonly writeTime: number;
  /** Whether meshes are waiting for a later frame. */
  readonly isFilling: boolean;
}

/** Cells of meshes. */
export class Scene {
  store: MeshStore;
  private readonly device: GPUDevice;
  private readonly pipeline: GPURenderPipeline;
  private readonly side: number;
  private readonly perCell: number;
  private readonly cells: Cell[] = [];
  private coming: Coming[] = [];
  private next = 0;
  private random = 1;

  constructor(device: GPUDevice, store: MeshStore, count: number) {
    this.device = device;
    this.store = store;
    this.pipeline = createPipeline(device);
    this.side = Math.max(2, Math.min(20, Math.floor(Math.sqrt(count / 100))));
    this.perCell = count / this.side ** 2;
    for (let cell = 0; cell < this.side ** 2; cell++) {
      const [x, y] = [cell % this.side, Math.floor(cell / this.side)];
      this.cells.push({ x, y, meshes: [], wanted: Math.round(this.perCell), bundle: undefined });
    }
  }

  get meshCount(): number {
    return this.cells.reduce((sum, { meshes }) => sum + meshes.length, 0);
  }

  /** Empties some cells unless it is being filled, and fills those that are not full. */
  stream(): Streamed {
    const leaving = this.coming.length > 0 ? [] : this.empty();
    this.orderMeshes();
    const start = performance.now();
    for (const mesh of leaving) this.store.free(mesh);
    const came: { readonly mesh: Mesh; readonly vertices: Uint8Array<ArrayBuffer> }[] = [];
    for (const { cell, vertices } of this.coming) {
      const mesh = this.store.allocate(vertices.length, cell);
      if (mesh === undefined) break;
      cell.meshes.push(mesh);
      cell.bundle = undefined;
      came.push({ mesh, vertices });
    }
    const allocated = performance.now();
    for (const { mesh, vertices } of came) this.store.write(mesh, vertices);
    const written = performance.now();
    this.coming = this.coming.slice(came.length);
    const isFilling = this.coming.length > 0 || came.length >= MAX_PER_FRAME;
    return {
      freed: leaving.length,
      allocated: came.length,
      allocationTime: allocated - start,
      writeTime: written - allocated,
      isFilling,
    };
  }

  /** Takes the meshes out of one cell of a hundred. */
  private empty(): Mesh[] {
    const leaving: Mesh[] = [];
    for (let count = 0; count < this.cells.length / 100; count++) {
      const cell = this.cells[this.next]!;
      this.next = (this.next + 7) % this.cells.length;
      leaving.push(...cell.meshes.splice(0));
      cell.wanted = Math.round(this.perCell * (0.5 + this.chance()));
      cell.bundle = undefined;
    }
    return leaving;
  }

  /** Makes the vertices of what is to come, which is no part of what is measured. */
  private orderMeshes(): void {
    if (this.coming.length > 0) return;
    for (const cell of this.cells) {
      for (let missing = cell.wanted - cell.meshes.length; missing > 0; missing--) {
        if (this.coming.length >= MAX_PER_FRAME) return;
        this.coming.push({ cell, vertices: this.vertices(cell) });
      }
    }
  }

  /** From 3 to 200 corners, small meshes more often. */
  private vertices({ x, y }: Cell): Uint8Array<ArrayBuffer> {
    const corners = Math.floor(3 * 66 ** (this.chance() ** 2));
    const place = (cell: number): number => ((cell + this.chance()) / this.side) * 2 - 1;
    const color = [90 + 160 * this.chance(), 90 + 160 * this.chance(), 120 + 130 * this.chance()] as const;
    return star(corners, [place(x), place(y)], 0.004 + corners / 9000, color);
  }

  /** From 0 up to, but not including, 1; the same in every run. */
  private chance(): number {
    this.random = (Math.imul(this.random, 1664525) + 1013904223) >>> 0;
    return this.random / 2 ** 32;
  }

  /** What draws everything. */
  bundles(): GPURenderBundle[] {
    return this.cells.map((cell) => {
      cell.bundle ??= this.record(cell);
      return cell.bundle;
    });
  }

  private record({ meshes }: Cell): GPURenderBundle {
    const colorFormats = [navigator.gpu.getPreferredCanvasFormat()];
    const encoder = this.device.createRenderBundleEncoder({ colorFormats });
    encoder.setPipeline(this.pipeline);
    let bound: GPUBuffer | undefined;
    for (const { buffer, first, vertices } of meshes) {
      if (buffer !== bound) encoder.setVertexBuffer(0, buffer);
      bound = buffer;
      encoder.draw(vertices, 1, first);
    }
    return encoder.finish();
  }

  /** Goes on with another store, from an empty scene. */
  changeStore(store: MeshStore): void {
    this.store.destroy();
    this.store = store;
    this.coming = [];
    for (const cell of this.cells) {
      cell.meshes = [];
      cell.bundle = undefined;
    }
  }
}
