/** Where and when a run took place: what a reader needs to judge its numbers, or to do it again. */

import { execFileSync } from "node:child_process";
import { arch, cpus, platform, totalmem } from "node:os";
import { ROOT } from "./compile.ts";

/** The device and driver that the device cases ran on. */
export interface DeviceDescription {
  readonly name: string;
  readonly apiVersion: string;
  readonly driverVersion: number;
}

/** The surroundings of a run. */
export interface Environment {
  readonly machine: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  readonly v8: string;
  /** What measured, where it was not this Node.js: "Bun 1.4.5". */
  readonly runtime?: string;
  /** With "+" behind it where files had changed since. */
  readonly commit: string;
  /** ISO 8601. */
  readonly date: string;
  readonly device?: DeviceDescription;
  /** What the reference's runner says of itself. */
  readonly reference?: string;
}

function git(...args: string[]): string {
  try {
    return execFileSync("git", args, {
      cwd: ROOT,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return "";
  }
}

/** Describes this machine and checkout. */
export function describeEnvironment(
  device?: DeviceDescription,
  reference?: string,
  runtime?: string,
): Environment {
  const dirty = git("status", "--porcelain", "--", "src", "bench", ":!bench/results") === "" ? "" : "+";
  return {
    machine: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    system: `${platform()} ${arch()}`,
    node: process.version,
    v8: process.versions.v8,
    commit: `${git("rev-parse", "--short", "HEAD") || "unknown"}${dirty}`,
    date: new Date().toISOString().slice(0, 19).concat("Z"),
    ...(runtime === undefined ? {} : { runtime }),
    ...(device === undefined ? {} : { device }),
    ...(reference === undefined ? {} : { reference }),
  };
}
