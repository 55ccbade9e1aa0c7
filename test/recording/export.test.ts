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
import { readIntegers, readTrace } from "./perfetto-schema.ts";
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
    expect(() => importVmaJson([])).toThrow("the dump is not an object");
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
# memory_viz makes one event of both parts of a free, and goes back from the end to whatever event is looked at.
for device, trace in enumerate(snapshot["device_traces"]):
    segments = {s["address"]: s["total_size"] for s in snapshot["segments"] if s["device"] == device}
    blocks = {}
    for segment in snapshot["segments"]:
        address = segment["address"]
        for block in segment["blocks"]:
            if segment["device"] == device and block["state"] == "active_allocated":
                blocks[address] = block["size"]
            address += block["size"]
    def is_inside(address, size):
        return any(start <= address and address + size <= start + total for start, total in segments.items())
    for index in range(len(trace) - 1, -1, -1):
        entry = trace[index]
        action = entry["action"]
        if action == "free_completed":
            before = trace[index - 1]
            assert before["action"] == "free_requested" and before["addr"] == entry["addr"]
            assert entry["addr"] not in blocks and is_inside(entry["addr"], entry["size"])
            blocks[entry["addr"]] = entry["size"]
        elif action == "alloc":
            assert is_inside(entry["addr"], entry["size"])
            assert blocks.pop(entry["addr"]) == entry["size"]
        elif action == "segment_free":
            segments[entry["addr"]] = entry["size"]
        elif action == "segment_alloc":
            assert segments.pop(entry["addr"]) == entry["size"]
            assert not any(entry["addr"] <= address < entry["addr"] + entry["size"] for address in blocks)
    assert not blocks and not segments
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
  const trace = exportPerfetto(recording);
  const { packets, again } = readTrace(trace);
  const events = packets.flatMap(({ trackEvent, timestamp, trustedPacketSequenceId }) =>
    trackEvent === undefined
      ? []
      : [{ ...trackEvent, time: timestamp ?? 0, sequence: trustedPacketSequenceId }],
  );
  const tracks = new Map<number, string>();
  for (const { trackDescriptor } of packets) {
    if (trackDescriptor !== undefined) tracks.set(trackDescriptor.uuid, trackDescriptor.name ?? "process");
  }

  it("has nothing that Perfetto's schema does not have, nor in another form", () => {
    expect(again.length).toBe(trace.length);
    expect(readTrace(again).packets).toEqual(packets);
  });

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
    const descriptors = packets.flatMap(({ trackDescriptor }) => trackDescriptor ?? []);
    const [root, ...rest] = descriptors;
    expect(root!.process).toMatchObject({ pid: expect.any(Number), processName: expect.any(String) });
    for (const { parentUuid } of rest) expect(parentUuid).toBe(root!.uuid);
    const units = descriptors.flatMap(({ counter }) => (counter === undefined ? [] : [counter.unit]));
    expect(units).toEqual(["UNIT_COUNT", ...Array(8).fill("UNIT_SIZE_BYTES")]);
  });

  it("has events of tracks that there are, on one sequence, in the order of time", () => {
    let before = 0;
    for (const { time, sequence, trackUuid } of events) {
      expect(time).toBeGreaterThanOrEqual(before);
      before = time;
      expect(sequence).toBe(1);
      expect(tracks.has(trackUuid)).toBe(true);
    }
    expect(before).toBeLessThanOrEqual(recording.end.duration);
  });

  it("counts as the recording does, at any moment", () => {
    for (const operation of [0, 1000, 5000, 8800, recording.end.operations]) {
      const moment = recording.stateAt(operation);
      const state = recording.stateAtTime(moment.time);
      const counters = new Map<string, number>();
      for (const { time, type, trackUuid, counterValue } of events) {
        if (time > moment.time) break;
        if (type === "TYPE_COUNTER") counters.set(tracks.get(trackUuid)!, counterValue!);
      }
      const types = recording.header.device!.memoryTypes;
      const used = [0, 0];
      const reserved = [0, 0];
      for (const block of state.blocks.values()) {
        const { heapIndex } = types[block.memoryTypeIndex]!;
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
    for (const { type, trackUuid, name } of events) {
      if (type === "TYPE_SLICE_BEGIN") {
        open.set(trackUuid, (open.get(trackUuid) ?? 0) + 1);
        names.push(name!);
      }
      if (type === "TYPE_SLICE_END") open.set(trackUuid, open.get(trackUuid)! - 1);
      expect(open.get(trackUuid) ?? 0).toBeGreaterThanOrEqual(0);
    }
    expect([...open.values()]).toEqual([0, 0]);
    expect(names).toEqual(expect.arrayContaining(["Frame 0", "Defragmentation 0", "Pass"]));
  });

  it("leaves allocations out where that is asked", () => {
    const shorter = readTrace(exportPerfetto(recording, { allocations: false })).packets;
    const instants = shorter.flatMap(({ trackEvent }) =>
      trackEvent?.type === "TYPE_INSTANT" ? [tracks.get(trackEvent.trackUuid)] : [],
    );
    expect(new Set(instants)).toEqual(new Set(["Refusals", "Marks"]));
  });

  it("holds numbers of all sizes", () => {
    const writer = new ProtobufWriter();
    const numbers = [0, 127, 128, 2 ** 32, 2 ** 53 - 1, -1, -(2 ** 40)];
    numbers.forEach((number, index) => {
      writer.integer(index + 1, number);
    });
    expect(readIntegers(writer.finish(), numbers.length)).toEqual(numbers);
  });
});
