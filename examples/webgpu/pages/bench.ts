/** The benches of heaps in a page: the work is that of bench/cases/webgpu.ts, with the browser's device instead of dawn's in Node.js. */

import type { Round } from "../../../bench/harness/case.ts";
import { bufferRound, heapRound, meshChurn, otherRound } from "../../../bench/harness/heap-churn.ts";
import { idleDevice } from "../../../bench/harness/idle-device.ts";
import { BumpAndSortedIds, FirstFit, PowerOfTwoLists } from "../../../bench/harness/other-heaps.ts";
import { UPLOAD_SIZES, uploadRound } from "../../../bench/harness/uploads.ts";
import { complain, element, mebibytes, requestDevice, state } from "./page.ts";

const ROUNDS = 3;
const parameters = new URLSearchParams(location.search);
const LIVES = parameters.has("live") ? [Number(parameters.get("live"))] : [5_000, 50_000];

/** A way to do something: a column of the table. */
interface Way {
  readonly name: string;
  readonly round: () => Round | Promise<Round>;
}

/** The ways in turns; the best round of each. */
async function measure(what: string, ways: readonly Way[]): Promise<Round[]> {
  const best: (Round | undefined)[] = ways.map(() => undefined);
  for (let count = 0; count <= ROUNDS; count++) {
    for (const [index, { name, round }] of ways.entries()) {
      element("progress").textContent = `${what}: ${name}`;
      // The page is painted, and what was destroyed goes.
      await new Promise((resolve) => setTimeout(resolve, 20));
      const done = await round();
      const before = best[index];
      const isBetter = before === undefined || done.nanosecondsPerOperation < before.nanosecondsPerOperation;
      // The first round warms up.
      if (count > 0 && isBetter) best[index] = done;
    }
  }
  return best.map((round) => round!);
}

const microseconds = (nanoseconds: number): string => `${(nanoseconds / 1000).toFixed(2)} µs`;

/** A table with a column for each way. */
function show(title: string, columns: readonly string[], rows: readonly (readonly string[])[]): void {
  const line = (cells: readonly string[], first: string): string =>
    `<tr><${first}>${cells[0]}</${first}>${cells
      .slice(1)
      .map((cell) => `<td>${cell}</td>`)
      .join("")}</tr>`;
  const table = document.createElement("table");
  table.innerHTML = `<thead>${line([title, ...columns], "td")}</thead><tbody>${rows
    .map((row) => line(row, "th"))
    .join("")}</tbody>`;
  element("figures").append(table);
}

async function churn(device: GPUDevice, live: number): Promise<void> {
  const many = meshChurn(live, 300_000);
  const ways: Way[] = [
    { name: "heap", round: () => heapRound(many, idleDevice()) },
    {
      name: "a GPUBuffer each",
      round: async () => {
        const round = bufferRound(meshChurn(live, 5_000), device);
        await device.queue.onSubmittedWorkDone();
        return round;
      },
    },
    { name: "PlayCanvas's way", round: () => otherRound(many, (size) => new PowerOfTwoLists(size)) },
    {
      name: "three.js's way",
      round: () => otherRound(meshChurn(live, 6 * live), (size) => new BumpAndSortedIds(size)),
    },
    { name: "first fit", round: () => otherRound(meshChurn(live, 20_000), (size) => new FirstFit(size)) },
  ];
  const best = await measure(`${live.toLocaleString("en")} meshes`, ways);
  for (const [index, { name }] of ways.entries()) {
    state.figures[`${name}, ${live}`] = best[index]!.nanosecondsPerOperation;
    state.figures[`buffers, ${name}, ${live}`] = best[index]!.figures!.buffers!;
  }
  show(
    `${live.toLocaleString("en")} meshes live`,
    ways.map(({ name }) => name),
    [
      [
        "allocate or free",
        ...best.map(({ nanosecondsPerOperation }) => microseconds(nanosecondsPerOperation)),
      ],
      ["GPUBuffers", ...best.map(({ figures }) => figures!.buffers!.toLocaleString("en"))],
      ["memory", ...best.map(({ figures }) => mebibytes(figures!["bytes of buffers"]!))],
    ],
  );
}

async function uploads(device: GPUDevice): Promise<void> {
  const rows: string[][] = [];
  for (const size of UPLOAD_SIZES) {
    const best = await measure(`writes of ${size.toLocaleString("en")} bytes`, [
      { name: "queue.writeBuffer", round: () => uploadRound(device, "writeBuffer", size) },
      { name: "mapped ring", round: () => uploadRound(device, "ring", size) },
    ]);
    const done = best.map(({ figures }) => figures!["until the device is done"]!);
    const thread = best.map(({ nanosecondsPerOperation }) => nanosecondsPerOperation);
    rows.push([size.toLocaleString("en"), ...[...thread, ...done].map(microseconds)]);
    state.figures[`writeBuffer, ${size}`] = thread[0]!;
    state.figures[`ring, ${size}`] = thread[1]!;
    state.figures[`writeBuffer until done, ${size}`] = done[0]!;
    state.figures[`ring until done, ${size}`] = done[1]!;
  }
  const columns = ["queue.writeBuffer", "mapped ring", "queue.writeBuffer, until done", "ring, until done"];
  show("bytes of a write", columns, rows);
}

async function main(): Promise<void> {
  const device = await requestDevice();
  for (const live of LIVES) await churn(device, live);
  await uploads(device);
  element("progress").textContent = "Done.";
  state.figures.isDone = 1;
}

main().catch(complain);
