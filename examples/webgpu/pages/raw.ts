/** As little WebGPU as shows a heap: three shapes in one buffer, which is bound once. */

import { GpuBufferHeap, GpuBufferUsage } from "../../../src/webgpu/index.ts";
import { complain, configure, element, requestDevice, state } from "./page.ts";
import { createPipeline, STRIDE, star } from "./shapes.ts";

async function main(): Promise<void> {
  const device = await requestDevice();
  const context = configure(device, element<HTMLCanvasElement>("scene"));
  const pipeline = createPipeline(device);

  // Offsets are multiples of a vertex, so that they are first vertices.
  const heap = new GpuBufferHeap(device, {
    usage: GpuBufferUsage.Vertex,
    elementSize: STRIDE,
    label: "shapes",
  });
  const shapes = await Promise.all(
    [
      star(3, [-0.6, 0], 0.3, [240, 120, 90]),
      star(12, [0, 0], 0.3, [120, 200, 120]),
      star(80, [0.6, 0], 0.3, [110, 150, 240]),
    ].map(async (vertices, index) => {
      const allocation = await heap.allocateAsync(vertices.length, { name: `shape ${index}` });
      heap.write(allocation, vertices);
      return allocation;
    }),
  );
  element("figures").textContent = heap.buildStatsString();

  const draw = (): void => {
    const encoder = device.createCommandEncoder();
    const view = context.getCurrentTexture().createView();
    const pass = encoder.beginRenderPass({
      colorAttachments: [{ view, loadOp: "clear", storeOp: "store", clearValue: [0.08, 0.09, 0.12, 1] }],
    });
    pass.setPipeline(pipeline);
    pass.setVertexBuffer(0, shapes[0]!.buffer);
    for (const { offset, size } of shapes) pass.draw(size / STRIDE, 1, offset / STRIDE);
    pass.end();
    device.queue.submit([encoder.finish()]);
    state.frames++;
    state.figures = { buffers: heap.statistics().blockCount, allocations: heap.statistics().allocationCount };
    requestAnimationFrame(draw);
  };
  draw();
}

main().catch(complain);
