/**
 * `vma-ts/placement/worker`: a worker that answers `placeOn`, in Node.js, Bun, Deno and browsers.
 *
 *     new Worker(new URL(import.meta.resolve("vma-ts/placement/worker")), { type: "module" });
 *
 * @module vma-ts/placement/worker
 */

import { answerPlacements, type PlacementPort } from "./remote.ts";

const scope = globalThis as Partial<PlacementPort>;
if (typeof scope.postMessage === "function") {
  answerPlacements(scope as PlacementPort);
} else {
  // Node.js. Not imported, so that bundlers for browsers have nothing to look for.
  const { parentPort } = process.getBuiltinModule("node:worker_threads");
  if (parentPort === null) throw new Error("vma-ts/placement/worker must be run as a worker");
  answerPlacements(parentPort);
}
