/** What the browser test bundles into a page. */

import { GpuBufferHeap, GpuBufferUsage } from "../../src/webgpu/index.ts";
import { runProgram } from "./programs.ts";

Object.assign(globalThis, { vmaTs: { GpuBufferHeap, GpuBufferUsage, runProgram } });
