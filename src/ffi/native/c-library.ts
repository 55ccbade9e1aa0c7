/** The name of the C library, for runtimes that cannot look a function up in the process itself. */

import { existsSync } from "node:fs";

/** Where musl's is, on systems that have no other. */
const MUSL = "/lib/libc.musl-x86_64.so.1";
const MUSL_ARM64 = "/lib/libc.musl-aarch64.so.1";

/** The name or path under which this platform has it. */
export function cLibrary(): string {
  switch (process.platform) {
    case "win32":
      return "msvcrt.dll";
    case "darwin":
      return "libSystem.B.dylib";
    case "android":
    case "freebsd":
      return process.platform === "android" ? "libc.so" : "libc.so.7";
    default:
      return [MUSL, MUSL_ARM64].find((path) => existsSync(path)) ?? "libc.so.6";
  }
}
