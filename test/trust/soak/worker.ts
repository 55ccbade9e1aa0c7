/** Soaks one subject and prints the curve; started by main.ts as plain JavaScript. */

import { loadVulkan } from "../../../src/ffi/index.ts";
import { nvidiaDiscrete, SimulatedDevice } from "../../../src/simulator/index.ts";
import { allocatorSubject, drift, type Sample, type Subject, soak, virtualSubject } from "./soak.ts";

const [what = "driver", operations = "10000000"] = process.argv.slice(2);
const MiB = 2 ** 20;

function subjectOf(name: string): [Subject, () => void] {
  if (name === "virtual") return [virtualSubject(), () => {}];
  if (name === "simulator") {
    const device = new SimulatedDevice(nvidiaDiscrete);
    return [allocatorSubject(device), () => device.destroy()];
  }
  const device = loadVulkan().createDevice();
  console.log(`on ${device.properties.deviceName}`);
  return [allocatorSubject(device), () => device.destroy()];
}

function row({ operations: count, nanoseconds, heapUsed, external, rss, deviceBytes }: Sample): string {
  const figures = [
    `${(count / 1e6).toFixed(2)} M`,
    `${nanoseconds.toFixed(0)} ns`,
    ...[heapUsed, external, rss, deviceBytes].map((bytes) => `${(bytes / MiB).toFixed(2)} MiB`),
  ];
  return figures.map((text) => text.padStart(12)).join("");
}

const [subject, end] = subjectOf(what);
console.log(`${what}: ${operations} operations`);
const titles = ["operations", "each", "JS heap", "external", "process", "device"];
console.log(titles.map((text) => text.padStart(12)).join(""));
const samples = await soak(subject, Number(operations), 20, (sample) => console.log(row(sample)));
const figures = ["nanoseconds", "heapUsed", "external", "rss"] as const;
const drifts = figures.map((figure) => `${figure} ${drift(samples, figure).toFixed(3)}`);
console.log(`the last third beside the second one: ${drifts.join(", ")}`);
subject.end();
end();
