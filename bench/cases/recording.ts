/**
 * What recording costs: memory comes and goes in an allocator on a simulated device, whose blocks are there, so that no driver
 * is called. Not recorded, recorded (and thrown away, as a disk is not measured), and after a recording has ended. An
 * operation is one allocation or one free.
 */

import { type Allocator, createAllocator, MemoryUsage } from "../../src/index.ts";
import { type ActiveRecording, record } from "../../src/recording/index.ts";
import { nvidiaDiscrete, SimulatedDevice } from "../../src/simulator/index.ts";
import { type Case, type Round, type Side, SideName } from "../harness/case.ts";
import { churn, GRAIN, roundOf } from "./device-work.ts";

const SLOTS = 2000;
const WARMUP = 50_000;
const OPERATIONS = 100_000;

/** One round: `begin` may record the allocator; what it returns is ended after the round. */
function round(begin: (allocator: Allocator) => ActiveRecording | undefined): Round {
  const allocator = createAllocator({ device: new SimulatedDevice(nvidiaDiscrete) });
  const info = { usage: MemoryUsage.GpuOnly };
  const requirements = { size: 0, alignment: GRAIN, memoryTypeBits: 0xff };
  const work = churn(
    {
      make: (size) => {
        requirements.size = size;
        return allocator.allocateMemory(requirements, info);
      },
      place: (allocation) => allocation.offset,
      destroy: (allocation) => allocator.freeMemory(allocation),
    },
    SLOTS,
  );
  const recording = begin(allocator);
  const timed = roundOf(work, WARMUP, OPERATIONS);
  recording?.end();
  allocator.destroy();
  return recording === undefined
    ? timed
    : { ...timed, figures: { bytesPerOperation: recording.bytesWritten / recording.operations } };
}

const NOWHERE = { write: (): void => {} };
const recorded: Side = {
  name: SideName.Recorded,
  exact: true,
  round: () => round((allocator) => record(allocator, { to: NOWHERE })),
};

export const recordingCases: readonly Case[] = [
  {
    id: "recording/churn",
    group: "Recording",
    title: "memory of many sizes, 2,000 slots",
    operation: "allocate or free",
    sides: () => [
      { name: SideName.Ours, exact: true, round: () => round(() => undefined) },
      recorded,
      {
        name: SideName.NoLongerRecorded,
        exact: true,
        round: () =>
          round((allocator) => {
            record(allocator, { to: NOWHERE }).end();
            return undefined;
          }),
      },
    ],
  },
  {
    id: "recording/bytes",
    group: "Recording",
    title: "the same",
    operation: "allocate or free",
    figures: [{ name: "bytesPerOperation", title: "what is written of an operation", unit: "B" }],
    sides: () => [recorded],
  },
];
