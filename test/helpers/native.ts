/** The native calls that tests of single parts of `ffi/` are made with. */

import { koffiCalls } from "../../src/ffi/native/koffi.ts";
import type { NativeCalls } from "../../src/ffi/native/native-calls.ts";

export const native: NativeCalls = koffiCalls();
