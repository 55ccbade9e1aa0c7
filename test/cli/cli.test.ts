/** The command `vma-ts` as its users meet it: built, and run as a process. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sentencesOf } from "../../src/cli/bench/index.ts";
import type { BenchResult } from "../../src/cli/bench/measure.ts";
import { createAllocator, MemoryUsage } from "../../src/index.ts";
import { readRecording, record } from "../../src/recording/index.ts";
import { replayRecording } from "../../src/recording/whatif/replay.ts";
import { profiles, SimulatedDevice } from "../../src/simulator/index.ts";
import type { BufferUsage } from "../../src/vulkan/index.ts";
import { Random } from "../helpers/random.ts";
import { requireVulkan, vulkanAbsence } from "../helpers/vulkan.ts";

const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "vma-ts-cli-"));
const file = join(folder, "frames.vmarec");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A program with frames, textures of many sizes, and a leak. */
function recordFrames(path: string): void {
  const allocator = createAllocator({ device: new SimulatedDevice(profiles["nvidia-h100"]!) });
  const recording = record(allocator, { to: path });
  const random = new Random(4);
  const live: { destroy(): void }[] = [];
  for (let frame = 0; frame < 100; frame++) {
    allocator.setCurrentFrameIndex(frame);
    for (let i = 0; i < 8; i++) {
      const size = random.magnitude(4096, 4 * 2 ** 20);
      const name = `mesh ${i % 3}`;
      live.push(
        allocator.createBuffer({ size, usage: 0x82 as BufferUsage }, { usage: MemoryUsage.Auto, name })
          .allocation,
      );
      if (live.length > 120) live.splice(random.below(120), 1)[0]!.destroy();
    }
  }
  allocator.tryCreateBuffer({ size: 2 ** 45, usage: 0x82 as BufferUsage });
  recording.end();
  for (const each of live) each.destroy();
  allocator.destroy();
}

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

const run = (...args: readonly string[]): Ran => runWith({}, ...args);

function runWith(environment: Readonly<Record<string, string>>, ...args: readonly string[]): Ran {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(folder, "dist/cli/main.js"), ...args],
    {
      encoding: "utf8",
      cwd: folder,
      env: { ...process.env, ...environment },
    },
  );
  return { code: status, out: stdout, err: stderr };
}

beforeAll(() => {
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const options = ["-p", join(root, "tsconfig.build.json"), "--outDir", join(folder, "dist")];
  const built = spawnSync(process.execPath, [compiler, ...options], { encoding: "utf8" });
  expect(built.stdout).toBe("");
  writeFileSync(join(folder, "package.json"), '{ "type": "module", "version": "9.8.7" }');
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  recordFrames(file);
});

describe("every command", () => {
  it.each(["info", "record", "stats", "diff", "simulate", "export", "replay", "view", "bench"])(
    "%s says how it is used",
    (name) => {
      const { code, out } = run(name, "--help");
      expect(code).toBe(0);
      expect(out).toMatch(new RegExp(`^vma-ts ${name}`));
    },
  );

  it("is listed; what makes no sense has exit code 2, what cannot be done 1, and no stack", () => {
    expect(run("--help")).toMatchObject({ code: 0, out: expect.stringContaining("simulate") });
    expect(run().code).toBe(2);
    expect(run("--version")).toMatchObject({ code: 0, out: "vma-ts 9.8.7\n" });
    expect(run("nothing").err).toContain("vma-ts --help lists the commands");
    expect(run("diff", file).err).toContain("vma-ts diff --help explains how to use it");
    writeFileSync(join(folder, "dist/viewer.html"), "<!-- files -->");
    for (const [args, message, code] of [
      [["nothing"], 'there is no command "nothing"', 2],
      [["stats"], "stats takes files", 2],
      [["stats", "--wrong", "x"], "Unknown option '--wrong'", 2],
      [["stats", "missing.vmarec"], "there is no file missing.vmarec", 1],
      [["stats", "package.json"], "neither a recording nor a dump", 1],
      [["stats", file, "missing.vmarec"], "there is no file missing.vmarec", 1],
      [["replay", "missing.jsonl"], "there is no file missing.jsonl", 1],
      [["view", "--print", "dist"], "dist: EISDIR", 1],
      [["diff", file], "diff takes two files", 2],
      [["export", file], "one of --perfetto", 2],
      [["record"], "a command behind --", 2],
      [["record", "--limit", "0", "--", "node"], "--limit takes", 2],
      [["record", "--", "no-such-command"], "cannot be started", 1],
      [["simulate", file, "--profile", "voodoo"], "voodoo is neither", 1],
      [["bench", "--seconds", "0"], "--seconds takes a number above 0", 2],
      [["bench", "more"], "Unexpected argument 'more'", 2],
    ] as const) {
      const result = run(...args);
      expect([result.code, result.err]).toEqual([code, expect.stringContaining(message)]);
      expect(result.err).not.toMatch(/^\s+at /m);
    }
  });

  it("says what to install where there is no loader, or no driver", () => {
    for (const [name, advice] of [
      ["VMA_TS_VULKAN", /No Vulkan loader was found[\s\S]*apt install libvulkan1 mesa-vulkan-drivers/],
      ["VK_DRIVER_FILES", /mesa-vulkan-drivers/],
    ] as const) {
      const { code, out, err } = runWith({ [name]: "/nonexistent" }, "info");
      expect([code, out]).toEqual([1, ""]);
      expect(err).toMatch(advice);
      expect(err).not.toMatch(/^\s+at /m);
    }
  });
});

describe("stats, diff and export", () => {
  it("tell what the recording holds", () => {
    const { out, code } = run("stats", file, "--json");
    expect(code).toBe(0);
    const report = JSON.parse(out);
    const read = readRecording(readFileSync(file));
    const state = read.stateAt(read.end.operations);
    expect(report).toMatchObject({
      allocationsMade: 800,
      ended: "detached",
      problems: [],
      refusals: { heapSize: 1 },
    });
    expect(report.end).toMatchObject({
      used: state.usedBytes,
      reserved: state.reservedBytes,
      allocations: 120,
    });
    expect(report.peakUsed).toBeGreaterThanOrEqual(report.end.used);
    expect(report.alive.map(({ name }: { name: string }) => name).sort()).toEqual([
      "mesh 0",
      "mesh 1",
      "mesh 2",
    ]);
    const text = run("stats", file).out;
    expect(text).toContain("Refused: 1 by heapSize.");
    writeFileSync(join(folder, "again.vmarec"), readFileSync(file));
    expect(run("stats", file, "again.vmarec").out).toBe(`${file}\n${text}\nagain.vmarec\n${text}`);
    const several = JSON.parse(run("stats", file, "again.vmarec", "--json").out);
    expect(several).toEqual([
      { file, ...report },
      { file: "again.vmarec", ...report },
    ]);
  });

  it("read gzipped recordings, damaged ones, and dumps", () => {
    const bytes = readFileSync(file);
    writeFileSync(join(folder, "small.vmarec.gz"), gzipSync(bytes));
    expect(run("stats", "small.vmarec.gz").out).toBe(run("stats", file).out);
    writeFileSync(join(folder, "cut.vmarec"), bytes.subarray(0, bytes.length - 5));
    expect(run("stats", "cut.vmarec").out).toMatch(/killed[\s\S]*damage at byte \d+/);
    expect(run("export", file, "--vma-json", "-o", "end.json").code).toBe(0);
    const same = run("diff", "end.json", file);
    expect([same.code, same.out]).toEqual([0, expect.stringContaining("allocations")]);
    expect(run("export", file, "--vma-json", "--at", "400", "-o", "early.json").code).toBe(0);
    const different = run("diff", "early.json", file);
    expect([different.code, different.out]).toEqual([1, expect.stringContaining("mesh 0")]);
  });

  it("write Perfetto's and PyTorch's files", () => {
    expect(run("export", file, "--perfetto", "-o", "trace.pftrace").code).toBe(0);
    expect(run("export", file, "--memory-viz").code).toBe(0);
    expect(readFileSync(join(folder, "frames.pickle"))[0]).toBe(0x80);
    expect(readFileSync(join(folder, "trace.pftrace"))[0]).toBe(0x0a);
  });
});

describe("simulate", () => {
  it("shows each scenario in a line, recommends one of them, and says so in JSON", () => {
    const { out, code } = run("simulate", file);
    expect(code).toBe(0);
    const { results, recommended, advice } = JSON.parse(run("simulate", file, "--json").out);
    for (const { name } of results) expect(out).toContain(`\n${name} `);
    expect(results.map(({ kind }: { kind: string }) => kind)).toEqual(
      expect.arrayContaining(["recorded", "settings", "defragmentation", "device"]),
    );
    expect(out).toContain(advice);
    // All fail at the same request, which is told once.
    const [told, ...rest] = out.split("\n").filter((line) => line.includes("first refused after"));
    expect(told).toMatch(
      /^as recorded; blocks of 16 MiB; .* and \d+ more: first refused after 1\d* operations/,
    );
    expect(rest.length).toBeLessThan(3);
    if (recommended !== "as recorded") expect(advice).toContain(`Recommended: ${recommended}, with`);
  });

  it("comes to what was recorded, on the device and with the settings that it was recorded with", () => {
    const report = JSON.parse(run("stats", file, "--json").out);
    const recording = readRecording(readFileSync(file));
    const result = replayRecording(recording);
    expect(result).toMatchObject({
      peakReserved: report.peakReserved,
      peakUsed: report.peakUsed,
      allocations: 800,
    });
  });

  it("tries every named device, and says where it fails first", () => {
    const { out, code } = run("simulate", file, "--profiles", "--json");
    expect(code).toBe(0);
    const names = JSON.parse(out).results.map(({ name }: { name: string }) => name);
    for (const name of Object.keys(profiles)) expect(names).toContain(`on ${name}`);
    const small = {
      deviceName: "tiny",
      memoryHeaps: [{ size: 40 * 2 ** 20, flags: 1 }],
      memoryTypes: [{ propertyFlags: 7, heapIndex: 0 }],
    };
    writeFileSync(join(folder, "tiny.json"), JSON.stringify(small));
    expect(run("simulate", file, "--profile", "tiny.json").out).toMatch(
      /on tiny: first refused after \d+ operations/,
    );
  });
});

describe("replay", () => {
  it("tells recordings from traces by what is in them", () => {
    const bytes = readFileSync(file);
    writeFileSync(join(folder, "renamed.bin"), bytes);
    writeFileSync(join(folder, "renamed.bin.gz"), gzipSync(bytes));
    const trace = '{"format":"vma-conformance","version":1,"kind":"virtual","size":1024}\n';
    writeFileSync(join(folder, "no-trace.vmarec"), trace);
    const { out } = run("replay", "renamed.bin", "renamed.bin.gz");
    const [first, second] = out.trim().split("\n");
    expect(JSON.parse(first!)).toMatchObject({ allocations: 800, device: "nvidia-h100" });
    expect(second).toBe(first);
    expect(run("replay", "no-trace.vmarec").err).not.toContain("neither a recording");
  });
});

describe("bench", () => {
  it("measures without the repository, and says what it cannot", () => {
    const { code, out } = run("bench", "--no-driver", "--seconds", "0.04");
    expect(code).toBe(0);
    expect(out).toContain("Vulkan device: none: it was not requested");
    const { machine, results } = JSON.parse(run("bench", "--no-driver", "--seconds", "0.04", "--json").out);
    expect(machine.runtime).toContain(process.versions.node);
    expect(results).toHaveLength(4);
    for (const { name, min, median, operations } of results) {
      expect(out).toContain(name);
      expect(min).toBeGreaterThan(1);
      expect(median).toBeGreaterThanOrEqual(min);
      // A round takes milliseconds: the clock's own steps are nothing in it.
      expect(operations).toBeGreaterThanOrEqual(64);
    }
  });

  it("draws its sentences from the figures", () => {
    const result = (name: string, min: number): BenchResult => ({
      name,
      min,
      operation: "",
      median: min,
      spread: 0,
      rounds: 9,
      operations: 100,
    });
    const figures = [
      result("allocator", 100),
      result("allocator, recorded", 380),
      result("driver alone", 200),
      result("driver, vma-ts", 500),
      result("driver, memory for each buffer", 5000),
    ];
    expect(sentencesOf(figures)).toEqual([
      "Recording takes 140 ns for each allocation and each free.",
      "Placing a buffer takes 300 ns more than the driver's own 200 ns.",
      "Memory for each buffer takes 10.0 times as long with this driver.",
    ]);
    expect(sentencesOf(figures.slice(0, 1))).toEqual([]);
  });
});

describe("bench on a device", () => {
  it.skipIf(vulkanAbsence !== undefined && !requireVulkan)("measures the driver beside the allocator", () => {
    const { code, out } = run("bench", "--seconds", "0.04", "--json");
    expect(code).toBe(0);
    const { machine, results } = JSON.parse(out);
    expect(machine.device).not.toContain("none");
    expect(results.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining(["driver alone", "driver, vma-ts", "driver, memory for each buffer"]),
    );
  });
});

describe("record", () => {
  const program = `
    import { createAllocator } from "./dist/index.js";
    import { SimulatedDevice, profiles } from "./dist/simulator/index.js";
    import { Worker, isMainThread } from "node:worker_threads";
    const make = (name, count) => {
      const allocator = createAllocator({ device: new SimulatedDevice(profiles.lavapipe) });
      for (let i = 0; i < count; i++) allocator.createBuffer({ size: 1000, usage: 2 }, { name });
    };
    make(isMainThread ? "main" : "worker", 100);
    if (isMainThread) {
      make("second", 50);
      const worker = new Worker(new URL(import.meta.url));
      worker.on("exit", () => { if (process.argv[2] === "fail") process.exit(7); });
    }`;

  it("leaves a recording of a program that is killed, with all but its last 64 KiB", () => {
    const program = `
      import { createAllocator } from "./dist/index.js";
      import { SimulatedDevice, profiles } from "./dist/simulator/index.js";
      const allocator = createAllocator({ device: new SimulatedDevice(profiles.lavapipe) });
      const live = [];
      for (let i = 0; i < 40_000; i++) {
        const name = "buffer " + i;
        live.push(allocator.createBuffer({ size: 1000, usage: 2 }, { name }).allocation);
        if (live.length > 100) live.shift().destroy();
      }
      process.kill(process.pid, "SIGKILL");`;
    writeFileSync(join(folder, "killed.mjs"), program);
    const result = run("record", "--output", "killed", "--", process.execPath, "killed.mjs");
    expect(result.code).toBe(128 + constants.signals.SIGKILL);
    expect(result.err).toContain("was ended by SIGKILL");
    const [name] = readdirSync(join(folder, "killed"));
    const bytes = readFileSync(join(folder, "killed", name!));
    const read = readRecording(bytes);
    expect(read.problems).toEqual([]);
    expect(read.end.reason).toBeUndefined();
    // Each operation takes several bytes; those of the last 64 KiB are lost.
    const operations = 2 * 40_000 - 100;
    const bytesEach = bytes.length / read.end.operations;
    expect(read.end.operations).toBeGreaterThan(operations - 65536 / bytesEach);
    expect(run("stats", join("killed", name!)).out).toContain("the program was killed, or is still running");
  });

  it("records the demo, which knows nothing of it", () => {
    const demo = ["--import", "tsx", "demo/main.ts", "--device", "simulator:arm-mobile", "--count", "50"];
    const to = ["--output", join(folder, "demo")];
    const command = [join(folder, "dist/cli/main.js"), "record", ...to, "--", process.execPath, ...demo];
    const made = spawnSync(process.execPath, command, { encoding: "utf8", cwd: root });
    expect([made.status, made.stderr]).toEqual([0, expect.stringContaining("recording an allocator to")]);
    const [name] = readdirSync(join(folder, "demo"));
    const read = readRecording(readFileSync(join(folder, "demo", name!)));
    expect(read.end.reason).toBe("destroyed");
    expect(replayRecording(read)).toMatchObject({ refusals: 0, device: "arm-mobile" });
    expect(run("replay", join("demo", name!)).out).toContain('"device":"arm-mobile"');
  });

  it("records two allocators and a worker's, and passes the exit code on", () => {
    writeFileSync(join(folder, "program.mjs"), program);
    const result = run("record", "--output", "made", "--", process.execPath, "program.mjs", "fail");
    expect(result.code).toBe(7);
    const found = readdirSync(join(folder, "made")).map((name) => {
      const read = readRecording(readFileSync(join(folder, "made", name)));
      const { allocations } = read.stateAt(1e9);
      return [[...allocations.values()][0]!.name, allocations.size, read.end.reason];
    });
    expect(found.sort()).toEqual([
      ["main", 100, "exit"],
      ["second", 50, "exit"],
      ["worker", 100, "exit"],
    ]);
  });
});
