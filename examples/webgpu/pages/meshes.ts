/**
 * A hundred thousand meshes of mixed sizes stream in and out of a scene. What the allocations of a frame take is measured, in a heap or
 * with a GPUBuffer for each mesh; the table keeps what was measured of the one while the other is shown.
 */

import { drawMap } from "./map.ts";
import { complain, configure, element, mebibytes, requestDevice, state } from "./page.ts";
import { Scene } from "./scene.ts";
import { BufferStore, HeapStore, type MeshStore } from "./stores.ts";

const parameters = new URLSearchParams(location.search);
const COUNT = Number(parameters.get("count") ?? 100_000);
/** The map is drawn in every so many frames. */
const MAP_EVERY = 6;
/** Averages are over so many frames. */
const FRAMES = 60;

/** What is told of a way to have meshes. */
const ROWS: readonly (readonly [name: string, title: string, text: (value: number) => string])[] = [
  ["meshes", "meshes", (value) => value.toLocaleString("en")],
  ["buffers", "GPUBuffers", (value) => value.toLocaleString("en")],
  ["bytes", "memory", mebibytes],
  ["used", "of which meshes need", mebibytes],
  ["changes", "allocated or freed in a frame", (value) => value.toFixed(0)],
  ["allocationTime", "a frame's allocations", (value) => `${value.toFixed(3)} ms`],
  ["each", "one of them", (value) => `${value.toFixed(2)} µs`],
  ["writeTime", "writing their vertices", (value) => `${value.toFixed(2)} ms`],
  ["moveTime", "moving", (value) => `${value.toFixed(2)} ms`],
  ["moved", "bytes moved", (value) => `${(value / 1024).toFixed(0)} KiB`],
  ["frameTime", "the frame, until the device is done", (value) => `${value.toFixed(0)} ms`],
];

type Mode = "heap" | "each";

/** Figures of both ways; what goes up and down is an average of the last frames. */
const known: Record<Mode, Record<string, number>> = { heap: {}, each: {} };

function learn(mode: Mode, figures: Record<string, number>, averages?: Record<string, number>): void {
  const all = known[mode];
  Object.assign(all, figures);
  if (averages === undefined) return;
  all.frames = (all.frames ?? 0) + 1;
  const share = Math.max(1 / FRAMES, 1 / all.frames);
  for (const [name, value] of Object.entries(averages)) {
    all[name] = (all[name] ?? 0) * (1 - share) + value * share;
  }
  all.each = all.changes === 0 ? 0 : (1000 * all.allocationTime!) / all.changes!;
}

function showTable(mode: Mode): void {
  const cell = (of: Mode, name: string, text: (value: number) => string): string => {
    const value = known[of][name];
    return `<td class="${of === mode ? "shown" : ""}">${value === undefined ? "–" : text(value)}</td>`;
  };
  element("figures").innerHTML = ROWS.map(
    ([name, title, text]) =>
      `<tr><th>${title}</th>${cell("heap", name, text)}${cell("each", name, text)}</tr>`,
  ).join("");
}

function makeStore(device: GPUDevice, mode: Mode): MeshStore {
  return mode === "each" ? new BufferStore(device) : new HeapStore(device, complain);
}

async function main(): Promise<void> {
  const device = await requestDevice();
  let isLost = false;
  device.lost.then(() => {
    isLost = true;
  });
  const context = configure(device, element<HTMLCanvasElement>("scene"));
  const map = element<HTMLCanvasElement>("map");
  const select = element<HTMLSelectElement>("mode");
  const moves = element<HTMLInputElement>("defragment");
  const modeOf = (): Mode => (select.value === "each" ? "each" : "heap");
  select.value = parameters.get("mode") ?? "heap";
  const scene = new Scene(device, makeStore(device, modeOf()), COUNT);
  let mode = modeOf();

  const frame = (): void => {
    if (mode !== modeOf()) {
      mode = modeOf();
      scene.changeStore(makeStore(device, mode));
      map.getContext("2d")!.clearRect(0, 0, map.width, map.height);
    }
    const begin = performance.now();
    const { store } = scene;
    const { freed, allocated, allocationTime, writeTime, isFilling } = scene.stream();
    if (store instanceof HeapStore) store.defragments = moves.checked;
    const start = performance.now();
    const moved = store.endFrame();
    const moveTime = performance.now() - start;
    draw(device, context, scene.bundles());
    if (store instanceof HeapStore && state.frames % MAP_EVERY === 0) drawMap(store.heap, map);

    // One frame at a time: what is ahead of the device would be waited for in the middle of the next one.
    device.queue.onSubmittedWorkDone().then(() => {
      const frameTime = performance.now() - begin;
      const averages = { changes: freed + allocated, allocationTime, writeTime, moveTime, moved, frameTime };
      // While the scene is filled there is much to allocate and nothing to free: that is no frame like others.
      learn(mode, { meshes: scene.meshCount, ...store.figures() }, isFilling ? undefined : averages);
      showTable(mode);
      state.frames++;
      state.figures = { ...known[mode] };
      if (!isLost) requestAnimationFrame(frame);
    });
  };
  frame();
}

function draw(device: GPUDevice, context: GPUCanvasContext, bundles: GPURenderBundle[]): void {
  const encoder = device.createCommandEncoder();
  const view = context.getCurrentTexture().createView();
  const pass = encoder.beginRenderPass({
    colorAttachments: [{ view, loadOp: "clear", storeOp: "store", clearValue: [0.05, 0.06, 0.09, 1] }],
  });
  pass.executeBundles(bundles);
  pass.end();
  device.queue.submit([encoder.finish()]);
}

main().catch(complain);
