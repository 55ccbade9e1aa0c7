/** `vma-ts diff A B`: what appeared, vanished and grew between the ends of two recordings or dumps. */

import { parseArgs } from "node:util";
import { openRecording } from "./open.ts";
import { bytesText, plain, table, UsageError } from "./output.ts";
import { aliveIn } from "./stats.ts";

export const DIFF_HELP = `vma-ts diff A B [--all]

The differences between the end of recording A and the end of recording B: bytes and allocations in total, and by
name. Either can be a dump in VMA's JSON format. Exit code 1 if there is any difference.

  --all   also the names that are the same in both`;

/** Runs the command; the text, and whether there was a difference. */
export function diff(args: readonly string[]): { text: string; isDifferent: boolean } {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { all: { type: "boolean", default: false } },
  });
  if (positionals.length !== 2) throw new UsageError("diff takes two files");
  const [before, after] = positionals.map((path) => {
    const recording = openRecording(path);
    return recording.stateAt(recording.end.operations);
  });
  const groups = new Map<string, { bytes: [number, number]; count: [number, number] }>();
  [before!, after!].forEach((state, side) => {
    for (const { name, bytes, count } of aliveIn(state)) {
      const group = groups.get(name) ?? { bytes: [0, 0], count: [0, 0] };
      group.bytes[side] = bytes;
      group.count[side] = count;
      groups.set(name, group);
    }
  });
  const changed = [...groups].filter(
    ([, { bytes, count }]) => values.all || bytes[0] !== bytes[1] || count[0] !== count[1],
  );
  const grown = ([, { bytes }]: (typeof changed)[number]): number => Math.abs(bytes[1] - bytes[0]);
  changed.sort((a, b) => grown(b) - grown(a));
  const rows = [
    ["", "A", "B", "difference"],
    ["reserved", ...sides(before!.reservedBytes, after!.reservedBytes)],
    ["used", ...sides(before!.usedBytes, after!.usedBytes)],
    ["memory objects", ...counts(before!.blocks.size, after!.blocks.size)],
    ["allocations", ...counts(before!.allocations.size, after!.allocations.size)],
    ...changed.map(([name, { bytes, count }]) => [
      `  ${plain(name)}`,
      `${count[0]} × ${bytesText(bytes[0])}`,
      `${count[1]} × ${bytesText(bytes[1])}`,
      signed(bytes[1] - bytes[0]),
    ]),
  ];
  const isDifferent =
    before!.reservedBytes !== after!.reservedBytes ||
    changed.some((each) => grown(each) > 0 || values.all === false);
  return { text: table(rows), isDifferent };
}

function sides(before: number, after: number): [string, string, string] {
  return [bytesText(before), bytesText(after), signed(after - before)];
}

function counts(before: number, after: number): [string, string, string] {
  const difference = after - before;
  return [`${before}`, `${after}`, difference > 0 ? `+${difference}` : `${difference}`];
}

function signed(bytes: number): string {
  if (bytes === 0) return "0";
  return `${bytes > 0 ? "+" : "−"}${bytesText(Math.abs(bytes))}`;
}
