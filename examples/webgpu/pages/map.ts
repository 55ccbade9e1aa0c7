/** The map of a heap: a row of pixels for each part of a buffer, taken bytes light, free ones dark. */

import type { GpuBufferHeap } from "../../../src/webgpu/index.ts";

/** Bytes of a pixel. */
const BYTES_PER_PIXEL = 1024;
const GAP = 4;

/** Draws the map; returns how many ranges there are. */
export function drawMap(heap: GpuBufferHeap<GPUDevice>, canvas: HTMLCanvasElement): number {
  const context = canvas.getContext("2d")!;
  const { width, height } = canvas;
  const image = context.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer).fill(0xff_1c_17_14);
  let [top, known, ranges] = [0, -1, 0];
  let rows = 0;
  heap.visit((buffer, offset, size, allocation) => {
    if (buffer.id !== known) {
      top = known < 0 ? 0 : top + rows + GAP;
      rows = Math.ceil(buffer.size / BYTES_PER_PIXEL / width);
      known = buffer.id;
    }
    ranges++;
    const first = top * width + Math.floor(offset / BYTES_PER_PIXEL);
    const last = top * width + Math.floor((offset + size - 1) / BYTES_PER_PIXEL);
    const color = allocation === undefined ? 0xff_3a_30_2c : hue(size);
    for (let pixel = first; pixel <= last && pixel < pixels.length; pixel++) pixels[pixel] = color;
  });
  context.putImageData(image, 0, 0);
  return ranges;
}

/** Small allocations blue, large ones yellow. */
function hue(size: number): number {
  const t = Math.min(1, Math.log2(size / 100) / 7);
  const [red, green, blue] = [70 + 180 * t, 140 + 60 * t, 230 - 150 * t].map(Math.round) as [
    number,
    number,
    number,
  ];
  return (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;
}
