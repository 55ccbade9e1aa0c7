/** All cases, in the order of the tables. A case's family is the module that it needs: one process loads one. */

import type { Case } from "../harness/case.ts";

const FAMILIES: Readonly<Record<string, () => Promise<readonly Case[]>>> = {
  "virtual-churn": async () => (await import("./virtual.ts")).churnCases,
  "virtual-linear": async () => (await import("./virtual-linear.ts")).linearCases,
  "virtual-memory": async () => (await import("./virtual-memory.ts")).virtualMemoryCases,
  device: async () => (await import("./device.ts")).deviceCases,
  "device-frame": async () => (await import("./device-frames.ts")).frameCases,
  "device-queries": async () => (await import("./device-queries.ts")).queryCases,
  "defragmentation-load": async () => (await import("./defragmentation-load.ts")).defragmentationLoadCases,
  "device-defragmentation": async () => (await import("./device-defragmentation.ts")).defragmentationCases,
  "device-native": async () => (await import("./native-calls.ts")).nativeCallCases,
  "device-parts": async () => (await import("./device-parts.ts")).partCases,
  transfers: async () => (await import("./transfers.ts")).transferCases,
  webgpu: async () => (await import("./webgpu.ts")).webGpuCases,
  recording: async () => (await import("./recording.ts")).recordingCases,
  placement: async () => (await import("./placement.ts")).placementCases,
  sparse: async () => (await import("./sparse.ts")).sparseCases,
  import: async () => (await import("./import-time.ts")).importCases,
};

/** Every case. */
export async function allCases(): Promise<readonly Case[]> {
  const families = await Promise.all(Object.values(FAMILIES).map((load) => load()));
  return families.flat();
}

/** The case of this name. Loads nothing of other families. */
export async function findCase(id: string): Promise<Case> {
  const load = FAMILIES[id.split("/")[0]!];
  const found = (await load?.())?.find((candidate) => candidate.id === id);
  if (found === undefined) throw new RangeError(`there is no case ${JSON.stringify(id)}`);
  return found;
}
