/**
 * three.js's WebGPU renderer with geometries that lie in one heap.
 *
 * The renderer keeps a GPUBuffer for each buffer attribute, and makes one where it has none yet. So each block of the heap becomes one
 * interleaved buffer that has its GPUBuffer already, all geometries in the block share it, and `drawRange` says which vertices are
 * whose. A geometry is then worth an allocation, not a buffer; it is never disposed of, as that would destroy the whole block.
 */

import * as THREE from "three/webgpu";
import { GpuBufferHeap, GpuBufferUsage, type HeapAllocation } from "../../../src/webgpu/index.ts";
import { complain, element, mebibytes, requestDevice, state } from "./page.ts";

/** Position and normal. */
const FLOATS = 6;
const STRIDE: number = FLOATS * 4;
const COUNT = Number(new URLSearchParams(location.search).get("count") ?? 600);
const BYTES_PER_FRAME = 512 * 1024;

/** A renderer's backend, as far as it is used here. */
interface Backend {
  get(object: object): { buffer?: GPUBuffer };
}

/** Geometries in a heap. */
class GeometryHeap {
  readonly heap: GpuBufferHeap<GPUDevice>;
  private readonly backend: Backend;
  private readonly blocks: WeakMap<GPUBuffer, THREE.InterleavedBuffer> = new WeakMap();

  constructor(device: GPUDevice, renderer: THREE.WebGPURenderer) {
    this.backend = renderer.backend as object as Backend;
    this.heap = new GpuBufferHeap(device, {
      usage: GpuBufferUsage.Vertex,
      elementSize: STRIDE,
      blockSize: 8 * 2 ** 20,
      label: "geometries",
    });
  }

  /** Brings a geometry's vertices into the heap. */
  async add(source: THREE.BufferGeometry): Promise<HeapAllocation<GPUBuffer>> {
    const plain = source.index === null ? source : source.toNonIndexed();
    const { position, normal } = plain.attributes;
    const vertices = new Float32Array(position!.count * FLOATS);
    for (let index = 0; index < position!.count; index++) {
      vertices.set([position!.getX(index), position!.getY(index), position!.getZ(index)], index * FLOATS);
      vertices.set([normal!.getX(index), normal!.getY(index), normal!.getZ(index)], index * FLOATS + 3);
    }
    const allocation = await this.heap.allocateAsync(vertices.byteLength, { name: source.type });
    this.heap.write(allocation, vertices);
    return allocation;
  }

  /** A geometry that draws what lies in an allocation now. */
  geometryOf({ buffer, offset, size }: HeapAllocation<GPUBuffer>): THREE.BufferGeometry {
    const block = this.blockOf(buffer);
    const geometry = new THREE.BufferGeometry();
    geometry.setAttribute("position", new THREE.InterleavedBufferAttribute(block, 3, 0));
    geometry.setAttribute("normal", new THREE.InterleavedBufferAttribute(block, 3, 3));
    geometry.setDrawRange(offset / STRIDE, size / STRIDE);
    // The renderer cannot compute it: it has no vertices.
    geometry.boundingSphere = new THREE.Sphere(new THREE.Vector3(), 1);
    return geometry;
  }

  private blockOf(buffer: GPUBuffer): THREE.InterleavedBuffer {
    let block = this.blocks.get(buffer);
    if (block === undefined) {
      block = new THREE.InterleavedBuffer(new Float32Array(FLOATS), FLOATS);
      // Its vertices are on the device alone.
      Object.assign(block, { count: buffer.size / STRIDE });
      this.backend.get(block).buffer = buffer;
      this.blocks.set(buffer, block);
    }
    return block;
  }
}

/** Shapes of mixed sizes: 12 to 11,520 triangles. */
function shape(index: number): THREE.BufferGeometry {
  const detail = 3 + ((index * 7) % 30);
  switch (index % 4) {
    case 0:
      return new THREE.BoxGeometry(1, 1, 1, 1 + (detail % 4), 1 + (detail % 5), 1);
    case 1:
      return new THREE.SphereGeometry(0.6, detail + 5, detail);
    case 2:
      return new THREE.TorusKnotGeometry(0.45, 0.16, detail * 5, 6 + (detail % 12));
    default:
      return new THREE.ConeGeometry(0.6, 1.1, detail * 2);
  }
}

async function main(): Promise<void> {
  const device = await requestDevice();
  const canvas = element<HTMLCanvasElement>("scene");
  const renderer = new THREE.WebGPURenderer({ canvas, device, antialias: false });
  await renderer.init();
  renderer.setSize(canvas.width, canvas.height, false);
  const geometries = new GeometryHeap(device, renderer);
  const scene = new THREE.Scene();
  scene.background = new THREE.Color(0x10131a);
  scene.add(new THREE.HemisphereLight(0xffffff, 0x334466, 2.5));
  const camera = new THREE.PerspectiveCamera(50, canvas.width / canvas.height, 0.1, 200);
  const side = Math.ceil(Math.sqrt(COUNT));
  const middle = (side - 1) / 2;
  camera.position.set(0, 0, 1.4 * side);
  const materials = [0xe07a5f, 0x81b29a, 0x6fa8dc, 0xf2cc8f].map(
    (color) => new THREE.MeshLambertNodeMaterial({ color }),
  );

  const meshes: { readonly mesh: THREE.Mesh; readonly allocation: HeapAllocation<GPUBuffer> }[] = [];
  let made = 0;
  const bringIn = async (slot: number): Promise<void> => {
    const allocation = await geometries.add(shape(made));
    const mesh = new THREE.Mesh(geometries.geometryOf(allocation), materials[made++ % materials.length]);
    mesh.position.set(((slot % side) - middle) * 1.5, (Math.floor(slot / side) - middle) * 1.2, 0);
    mesh.scale.setScalar(0.6);
    mesh.frustumCulled = false;
    allocation.userData = mesh;
    meshes[slot] = { mesh, allocation };
    scene.add(mesh);
  };
  for (let slot = 0; slot < COUNT; slot++) await bringIn(slot);

  let slot = 0;
  let isBusy = false;
  let [exchanged, movedSoFar] = [0, 0];
  /** One leaves and another one comes, in its place in the scene. */
  const exchange = async (): Promise<void> => {
    isBusy = true;
    const { mesh, allocation } = meshes[slot]!;
    scene.remove(mesh);
    geometries.heap.free(allocation);
    await bringIn(slot);
    slot = (slot + 37) % COUNT;
    exchanged++;
    isBusy = false;
  };
  await renderer.setAnimationLoop(() => {
    if (!isBusy) exchange().catch(complain);
    const { bytesMoved } = geometries.heap.defragment({
      maxBytes: BYTES_PER_FRAME,
      // What is still being brought in has no mesh yet.
      canMove: ({ userData }) => userData !== undefined,
      onMoved: ({ allocation }) => {
        (allocation.userData as THREE.Mesh).geometry = geometries.geometryOf(allocation);
      },
    });
    for (const { mesh } of meshes) mesh.rotation.y += 0.01;
    renderer.render(scene, camera);
    const { blockCount, blockBytes, allocationCount, allocationBytes } = geometries.heap.statistics();
    state.frames++;
    movedSoFar += bytesMoved;
    state.figures = {
      exchanged,
      movedSoFar,
      buffers: blockCount,
      allocations: allocationCount,
      bytes: blockBytes,
      moved: bytesMoved,
    };
    element("figures").textContent =
      `${allocationCount} geometries in ${blockCount} GPUBuffers of ${mebibytes(blockBytes)}, ` +
      `of which ${mebibytes(allocationBytes)} are vertices; ${bytesMoved} bytes moved in this frame`;
  });
}

main().catch(complain);
