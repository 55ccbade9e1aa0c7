/** Recordings in other tools' formats: what those tools would show is what was recorded. */

import { beforeAll, describe, expect, it } from "vitest";
import { importVmaJson } from "../../src/recording/export/import-vma-json.ts";
import { exportMemoryViz } from "../../src/recording/export/memory-viz.ts";
import { exportPerfetto } from "../../src/recording/export/perfetto.ts";
import { PickleWriter } from "../../src/recording/export/pickle.ts";
import { ProtobufWriter } from "../../src/recording/export/protobuf.ts";
import { exportVmaJson } from "../../src/recording/export/vma-json.ts";
import { readRecording } from "../../src/recording/index.ts";
import { problemsOf } from "../allocator/dump-schema.ts";
import { python, pythonAbsence, requirePython } from "../helpers/python.ts";
import { decodeMessage, type Message } from "./protobuf-decoder.ts";
import { SyntheticProgram } from "./synthetic.ts";

/** A dump, as far as it is looked at here. */
interface Range {
  readonly Offset: number;
  readonly Size: number;
  readonly Type: string;
  readonly Name?: string;
}
interface DumpedList {
  Blocks: unknown;
  readonly DedicatedAllocations: readonly Range[];
}
interface DumpedBlock {
  readonly TotalBytes: number;
  readonly Suballocations: Range[];
}
interface Dump {
  readonly Total: { readonly [key: string]: number };
  readonly DefaultPools: { readonly [key: string]: DumpedList };
}

function parse(json: string): Dump {
  return JSON.parse(json);
}

function blocksOf(list: DumpedList): DumpedBlock[] {
  return Object.values(list.Blocks as { readonly [key: string]: DumpedBlock });
}

/** A recording with everything in it. */
function everything(): Uint8Array {
  const program = new SyntheticProgram({ operations: 12_000, live: 200, stacks: true, seed: 8 });
  const { writer } = program;
  program.run(6000);
  const info = { flags: 2, pool: undefined, maxBytesPerPass: 0, maxAllocationsPerPass: 0 };
  const defragmentation = writer.defragmentationBegun(program.time, info);
  writer.passBegun(program.time, defragmentation, 2, 100);
  writer.passEnded(program.time + 1000, defragmentation, 2, 100);
  writer.defragmentationEnded(program.time + 2000, defragmentation, 2, 100, 0, 0);
  writer.mark(program.time + 3000, "half of it");
  return program.finish();
}

const recording = readRecording(everything());
const last = recording.stateAt(recording.end.operations);

describe("VMA's JSON", () => {
  const json = exportVmaJson(last, recording.header);

  it("is as VMA's tools expect it", () => {
    expect(problemsOf(JSON.parse(json))).toEqual([]);
  });

  it("tells every allocation and free range", () => {
    const { Total, DefaultPools } = parse(json);
    expect(Total.AllocationCount).toBe(last.allocations.size);
    expect(Total.AllocationBytes).toBe(last.usedBytes);
    expect(Total.BlockBytes).toBe(last.reservedBytes);
    const names: string[] = [];
    for (const list of Object.values(DefaultPools)) {
      for (const block of blocksOf(list)) {
        let end = 0;
        for (const { Offset, Size, Type, Name } of block.Suballocations) {
          expect(Offset).toBe(end);
          end += Size;
          if (Type !== "FREE") names.push(Name ?? "");
        }
        expect(end).toBe(block.TotalBytes);
      }
      for (const { Name } of list.DedicatedAllocations) names.push(Name ?? "");
    }
    expect(names.sort()).toEqual([...last.allocations.values()].map(({ name }) => name ?? "").sort());
  });

  it("comes back as it was", () => {
    const again = readRecording(importVmaJson(JSON.parse(json)));
    const state = again.stateAt(again.end.operations);
    expect(again.problems).toEqual([]);
    const back = parse(exportVmaJson(state, again.header));
    const gone = parse(json);
    // Blocks are numbered anew, and nothing is known of mappings.
    for (const dump of [back, gone]) {
      for (const list of Object.values(dump.DefaultPools)) {
        list.Blocks = blocksOf(list).map((block) => ({ ...block, MapRefCount: 0 }));
      }
    }
    expect(back).toEqual(gone);
  });

  it("of another library, or none at all, is refused with what is wrong", () => {
    expect(() => importVmaJson([])).toThrow("the dump is no object");
    expect(() => importVmaJson({ General: { API: "Direct3D 12" } })).toThrow('of "Direct3D 12"');
    expect(() => importVmaJson({ General: {}, MemoryInfo: {}, DefaultPools: 5 })).toThrow("DefaultPools");
    const dump = parse(json);
    const list = Object.values(dump.DefaultPools).find((each) => blocksOf(each).length > 0)!;
    blocksOf(list)[0]!.Suballocations.push({ Offset: 0, Size: 1, Type: "BUFFER" });
    expect(() => importVmaJson(dump)).toThrow("overlap");
  });

  it("is not made of what is no Vulkan memory", () => {
    const header = { ...recording.header, source: "virtual" } as const;
    expect(() => exportVmaJson(last, header)).toThrow("the recording is of virtual memory");
  });
});

describe.skipIf(pythonAbsence !== undefined && !requirePython)("PyTorch's memory snapshot", () => {
  const pickle = exportMemoryViz(recording);
  /** What memory_viz needs of it, and whether it holds together, in Python. */
  const PROGRAM = `
import json, pickle, pickletools, sys
data = sys.stdin.buffer.read()
snapshot = pickle.loads(data)
opcodes = sorted({opcode.name for opcode, _, _ in pickletools.genops(data)})
ends = []
for device, trace in enumerate(snapshot["device_traces"]):
    live, segments = {}, {}
    for entry in trace:
        action = entry["action"]
        assert isinstance(entry["frames"], list) and isinstance(entry["time_us"], int)
        for frame in entry["frames"]:
            assert set(frame) == {"name", "filename", "line"}
        if action == "alloc":
            assert entry["addr"] not in live
            live[entry["addr"]] = entry["size"]
        elif action == "free_requested":
            assert live[entry["addr"]] == entry["size"]
        elif action == "free_completed":
            del live[entry["addr"]]
        elif action == "segment_alloc":
            segments[entry["addr"]] = entry["size"]
        elif action == "segment_free":
            assert segments.pop(entry["addr"]) == entry["size"]
        else:
            assert action == "oom" and entry["device_free"] >= 0
    ends.append([live, segments])
for segment in snapshot["segments"]:
    live, segments = ends[segment["device"]]
    assert segments.pop(segment["address"]) == segment["total_size"]
    address, used = segment["address"], 0
    for block in segment["blocks"]:
        assert block["address"] == address
        if block["state"] == "active_allocated":
            assert live.pop(address) == block["size"]
            used += block["size"]
        address += block["size"]
    assert address == segment["address"] + segment["total_size"]
    assert used == segment["allocated_size"] == segment["active_size"]
assert all(not live and not segments for live, segments in ends)
print(json.dumps({
    "opcodes": opcodes,
    "used": sum(segment["allocated_size"] for segment in snapshot["segments"]),
    "segments": len(snapshot["segments"]),
    "names": sorted({entry["frames"][0]["name"] for trace in snapshot["device_traces"] for entry in trace if entry["frames"]})[:2],
    "ooms": sum(entry["action"] == "oom" for trace in snapshot["device_traces"] for entry in trace),
}))
`;
  let seen: { opcodes: string[]; used: number; segments: number; ooms: number; names: string[] };
  beforeAll(() => {
    seen = JSON.parse(python(PROGRAM, pickle));
  });

  it("is read by Python, and its traces lead to its segments", () => {
    expect(seen.used).toBe(last.usedBytes);
    expect(seen.segments).toBe(last.blocks.size);
    expect(seen.ooms).toBeGreaterThan(0);
    expect(seen.names[0]).toMatch(/far too large/);
  });

  it("has only what memory_viz's own reader of pickles knows", () => {
    const known =
      "APPEND BINGET BININT BININT1 BININT2 BINUNICODE EMPTY_DICT EMPTY_LIST LONG1 LONG_BINGET MARK";
    const rest = "MEMOIZE NEWFALSE NEWTRUE PROTO SETITEMS SHORT_BINUNICODE STOP TUPLE2";
    expect([...known.split(" "), ...rest.split(" ")]).toEqual(expect.arrayContaining(seen.opcodes));
  });

  it("of a part holds that part alone", () => {
    const part = exportMemoryViz(recording, { from: 5000, to: 5500 });
    const count = python(
      "import pickle, sys; print(sum(map(len, pickle.load(sys.stdin.buffer)['device_traces'])))",
      part,
    );
    expect(Number(count)).toBeGreaterThan(400);
    expect(Number(count)).toBeLessThan(1000);
  });

  it("holds numbers of all sizes", () => {
    const numbers = [
      0,
      255,
      256,
      65535,
      65536,
      2 ** 31 - 1,
      2 ** 31,
      2 ** 53 - 1,
      -1,
      -(2 ** 31),
      -(2 ** 40),
    ];
    const writer = new PickleWriter();
    writer.list((endItem) => {
      for (const number of numbers) {
        writer.integer(number);
        endItem();
      }
      for (let i = 0; i < 300; i++) {
        writer.text(`text ${i % 290}, ${"é".repeat(i)}`);
        endItem();
      }
    });
    const back = JSON.parse(
      python("import json, pickle, sys; print(json.dumps(pickle.load(sys.stdin.buffer)))", writer.finish()),
    );
    expect(back.slice(0, numbers.length)).toEqual(numbers);
    expect(back.slice(numbers.length)).toEqual(
      Array.from({ length: 300 }, (_, i) => `text ${i % 290}, ${"é".repeat(i)}`),
    );
  });
});

describe("Perfetto's trace", () => {
  const packets = decodeMessage(exportPerfetto(recording)).messages(1);
  const events = packets.filter((packet) => packet.has(11));
  const tracks = new Map<number, string>();
  for (const packet of packets) {
    for (const track of packet.messages(60)) tracks.set(track.integer(1), track.textOf(2) ?? "process");
  }

  it("has a track for everything", () => {
    expect([...tracks.values()]).toEqual([
      "process",
      "Frames",
      "Defragmentation",
      "Refusals",
      "Marks",
      "Allocations",
      "Allocations alive",
      "Heap 0 (device-local): reserved",
      "Heap 0 (device-local): used",
      "Heap 0 (device-local): usage of the process",
      "Heap 0 (device-local): budget",
      "Heap 1: reserved",
      "Heap 1: used",
      "Heap 1: usage of the process",
      "Heap 1: budget",
    ]);
  });

  it("has events of tracks that there are, on one sequence, in the order of time", () => {
    let time = 0;
    for (const packet of events) {
      expect(packet.integer(8)).toBeGreaterThanOrEqual(time);
      time = packet.integer(8);
      expect(packet.integer(10)).toBe(1);
      expect(tracks.has(packet.message(11).integer(11))).toBe(true);
    }
    expect(time).toBeLessThanOrEqual(recording.end.duration);
  });

  it("counts as the recording does, at any moment", () => {
    for (const operation of [0, 1000, 5000, 8800, recording.end.operations]) {
      const { time } = recording.stateAt(operation);
      const state = recording.stateAtTime(time);
      const counters = new Map<string, number>();
      for (const packet of events) {
        if (packet.integer(8) > time) break;
        const event = packet.message(11);
        if (event.integer(9) === 4) counters.set(tracks.get(event.integer(11))!, event.integer(30));
      }
      const types = recording.header.device!.memoryTypes;
      const used = [0, 0];
      const reserved = [0, 0];
      for (const block of state.blocks.values()) {
        const { heapIndex } = types[block.memoryType]!;
        reserved[heapIndex]! += block.size;
        for (const { size } of block.allocations) used[heapIndex]! += size;
      }
      expect(counters.get("Heap 0 (device-local): used")).toBe(used[0]);
      expect(counters.get("Heap 1: used")).toBe(used[1]);
      expect(counters.get("Heap 0 (device-local): reserved")).toBe(reserved[0]);
      expect(counters.get("Heap 1: reserved")).toBe(reserved[1]);
      expect(counters.get("Allocations alive")).toBe(state.allocations.size);
    }
  });

  it("ends every slice that it begins", () => {
    const open = new Map<number, number>();
    const names: string[] = [];
    for (const packet of events) {
      const event: Message = packet.message(11);
      const track = event.integer(11);
      if (event.integer(9) === 1) {
        open.set(track, (open.get(track) ?? 0) + 1);
        names.push(event.textOf(23)!);
      }
      if (event.integer(9) === 2) open.set(track, open.get(track)! - 1);
      expect(open.get(track) ?? 0).toBeGreaterThanOrEqual(0);
    }
    expect([...open.values()]).toEqual([0, 0]);
    expect(names).toEqual(expect.arrayContaining(["Frame 0", "Defragmentation 0", "Pass"]));
  });

  it("leaves allocations out where that is asked", () => {
    const shorter = exportPerfetto(recording, { allocations: false });
    const instants = decodeMessage(shorter)
      .messages(1)
      .filter((packet) => packet.has(11) && packet.message(11).integer(9) === 3);
    expect(new Set(instants.map((packet) => tracks.get(packet.message(11).integer(11))))).toEqual(
      new Set(["Refusals", "Marks"]),
    );
  });

  it("holds numbers of all sizes", () => {
    const writer = new ProtobufWriter();
    const numbers = [0, 127, 128, 2 ** 32, 2 ** 53 - 1, -1, -(2 ** 40)];
    numbers.forEach((number, index) => {
      writer.integer(index + 1, number);
    });
    const message = decodeMessage(writer.finish());
    expect(numbers.map((_, index) => message.integer(index + 1))).toEqual(numbers);
  });
});
