/**
 * `vma-ts/placement/worker`: a worker that answers `placeOn`, in Node.js, Bun, Deno and browsers.
 *
 *     new Worker(new URL(import.meta.resolve("vma-ts/placement/worker")), { type: "module" });
 *
 * @module vma-ts/placement/worker
 */

import { answerPlacements, type PlacementPort } from "./remote.ts";

// Not imported, so that bundlers for browsers have nothing to look for. In Node.js there is only this port; Bun, whose workers have
// a browser's scope too, sends there what a worker of node:worker_threads is told.
const { parentPort } = globalThis.process?.getBuiltinModule?.("node:worker_threads") ?? { parentPort: null };
const scope = globalThis as Partial<PlacementPort>;
if (parentPort !== null) {
  answerPlacements(parentPort);
} else if (typeof scope.postMessage === "function") {
  answerPlacements(scope as PlacementPort);
} else {
  throw new Error("vma-ts/placement/worker must be run as a worker");
}
