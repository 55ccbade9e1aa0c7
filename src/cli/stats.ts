/** `vma-ts stats FILE…`: what recordings hold, in figures. */

import { parseArgs } from "node:util";
import { describeRequest } from "../recording/format/names.ts";
import { RecordedState, type RecordingHeader, RecordKind } from "../recording/index.ts";
import { statisticsOf } from "../recording/reader/statistics.ts";
import { openRecording, problemsText } from "./open.ts";
import { bytesText, durationText, plain, table, UsageError } from "./output.ts";

export const STATS_HELP = `vma-ts stats FILE… [--json]

What each recording (or dump in VMA's JSON format) holds: the device, how long it is, how much memory was
reserved and used at most and at the end, refusals with their reasons, and what is still alive, by name.

  --json   the same as JSON: an object for one file, an array of objects with the file's name for several`;

/** What `stats` tells. */
export interface StatsReport {
  readonly device: string | undefined;
  readonly program: string | undefined;
  readonly operations: number;
  readonly nanoseconds: number;
  readonly ended: string | undefined;
  readonly allocationsMade: number;
  readonly peakReserved: number;
  readonly peakUsed: number;
  readonly peakObjects: number;
  readonly peakAllocations: number;
  readonly bytesMoved: number;
  readonly refusals: Readonly<Record<string, number>>;
  readonly end: {
    readonly reserved: number;
    readonly used: number;
    readonly objects: number;
    readonly allocations: number;
    readonly freeRanges: number;
  };
  readonly alive: readonly { readonly name: string; readonly count: number; readonly bytes: number }[];
  readonly problems: readonly string[];
}

/** Runs the command. */
export function stats(args: readonly string[]): string {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { json: { type: "boolean", default: false } },
  });
  const [path, ...more] = positionals;
  if (path === undefined) throw new UsageError("stats takes files, got none");
  if (more.length === 0) {
    const report = reportOf(path);
    return values.json ? JSON.stringify(report, undefined, 2) : textOf(report);
  }
  const reports = positionals.map((file) => ({ file, ...reportOf(file) }));
  if (values.json) return JSON.stringify(reports, undefined, 2);
  return reports.map((report) => `${plain(report.file)}\n${textOf(report)}`).join("\n\n");
}

/** Goes through the recording once. */
export function reportOf(path: string): StatsReport {
  const recording = openRecording(path);
  const state = new RecordedState();
  const cursor = recording.cursor();
  const refusals: Record<string, number> = {};
  const peaks = { peakReserved: 0, peakUsed: 0, peakObjects: 0, peakAllocations: 0 };
  let bytesMoved = 0;
  while (cursor.next()) {
    if (cursor.kind === RecordKind.Refused) {
      const reason = cursor.reason ?? "unknown";
      refusals[reason] = (refusals[reason] ?? 0) + 1;
    }
    if (cursor.kind === RecordKind.Moved) bytesMoved += state.allocations.get(cursor.allocation)?.size ?? 0;
    state.apply(cursor);
    peaks.peakReserved = Math.max(peaks.peakReserved, state.reservedBytes);
    peaks.peakUsed = Math.max(peaks.peakUsed, state.usedBytes);
    peaks.peakObjects = Math.max(peaks.peakObjects, state.blocks.size);
    peaks.peakAllocations = Math.max(peaks.peakAllocations, state.allocations.size);
  }
  const { operations, duration, reason } = recording.end;
  return {
    device: deviceText(recording.header),
    program: recording.header.program?.name,
    operations,
    nanoseconds: duration,
    ended: reason,
    allocationsMade: cursor.allocationsMade,
    ...peaks,
    bytesMoved,
    refusals,
    end: {
      reserved: state.reservedBytes,
      used: state.usedBytes,
      objects: state.blocks.size,
      allocations: state.allocations.size,
      freeRanges: statisticsOf(state, recording.header).total.unusedRangeCount,
    },
    alive: aliveIn(state),
    problems: problemsText(recording),
  };
}

function deviceText({ device }: RecordingHeader): string | undefined {
  return device === undefined ? undefined : `${device.name}, Vulkan ${device.apiVersion}`;
}

/** Bytes that are alive, by the name of the allocation, or what it was asked for. */
export function aliveIn(state: RecordedState): { name: string; count: number; bytes: number }[] {
  const groups = new Map<string, { name: string; count: number; bytes: number }>();
  for (const { name, request, size } of state.allocations.values()) {
    const key = name ?? `unnamed ${describeRequest(request)}`;
    const group = groups.get(key) ?? { name: key, count: 0, bytes: 0 };
    group.count++;
    group.bytes += size;
    groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) => b.bytes - a.bytes);
}

const MOST_LINES = 20;

function textOf(report: StatsReport): string {
  const { end } = report;
  const lines = [
    `${report.device ?? "no Vulkan device"}${report.program === undefined ? "" : `; ${report.program}`}`,
    `${report.operations} operations in ${durationText(report.nanoseconds)}; ${endText(report.ended)}`,
    "",
    table([
      ["", "reserved", "used", "memory objects", "allocations"],
      [
        "at most",
        bytesText(report.peakReserved),
        bytesText(report.peakUsed),
        `${report.peakObjects}`,
        `${report.peakAllocations}`,
      ],
      ["at the end", bytesText(end.reserved), bytesText(end.used), `${end.objects}`, `${end.allocations}`],
    ]),
    "",
    `${report.allocationsMade} allocations were made; ${bytesText(report.bytesMoved)} were moved; ` +
      `${end.freeRanges} free ranges are left between allocations.`,
  ];
  const refused = Object.entries(report.refusals);
  if (refused.length > 0) {
    lines.push(`Refused: ${refused.map(([reason, count]) => `${count} by ${plain(reason)}`).join(", ")}.`);
  }
  if (report.alive.length > 0) {
    const shown = report.alive.slice(0, MOST_LINES);
    lines.push(
      "",
      "Alive at the end:",
      table(shown.map(({ name, count, bytes }) => [`  ${plain(name)}`, `${count} ×`, bytesText(bytes)])),
    );
    if (report.alive.length > shown.length)
      lines.push(`  and ${report.alive.length - shown.length} more names`);
  }
  return [...lines, ...report.problems.map(plain)].join("\n");
}

function endText(reason: string | undefined): string {
  switch (reason) {
    case undefined:
      return "the program was killed, or is still running";
    case "exit":
      return "it ended with the process, which had not destroyed its allocator";
    case "destroyed":
      return "it ended with the allocator";
    default:
      return `it ended: ${plain(reason)}`;
  }
}
