/**
 * An open world: textures of many sizes come as the camera nears them and go, the oldest first, when they are more than the
 * program allows itself.
 */

import { type Allocation, AllocationCreate, MemoryUsage } from "../../../src/index.ts";
import { profiles } from "../../../src/simulator/index.ts";
import { Random } from "../../helpers/random.ts";
import { MiB, type Workload } from "./workload.ts";

const STEPS = 900;
const ALLOWED = 640 * MiB;
/** Allowed once the options are set to low. */
const ALLOWED_ON_LOW = 160 * MiB;
const BC7 = 145;
const SAMPLED = 0x6;
const TRANSFER_SOURCE = 0x1;

export const streaming: Workload = {
  name: "streaming",
  profile: profiles["nvidia-discrete"]!,
  run(allocator, how) {
    const random = new Random(12);
    const resident: { readonly allocation: Allocation; readonly estimate: number }[] = [];
    let bytes = 0;
    for (let step = 0; step < STEPS; step++) {
      allocator.setCurrentFrameIndex(step);
      const edge = 2 ** (7 + random.below(5));
      const mipLevels = Math.log2(edge) + 1;
      const { HostAccessSequentialWrite } = AllocationCreate;
      const uploaded = how.info({
        usage: MemoryUsage.Auto,
        flags: HostAccessSequentialWrite,
        name: "upload",
      });
      const upload = allocator.createBuffer({ size: edge * edge, usage: TRANSFER_SOURCE }, uploaded);
      const info = how.info({ usage: MemoryUsage.Auto, name: `texture ${edge}` });
      const image = { format: BC7, extent: { width: edge, height: edge }, mipLevels, usage: SAMPLED };
      const texture = allocator.createImage(image, info).allocation;
      upload.allocation.destroy();
      // What the program reckons with, wherever it runs.
      const estimate = (edge * edge * 4) / 3;
      resident.push({ allocation: texture, estimate });
      bytes += estimate;
      const allowed = step < STEPS * 0.8 ? ALLOWED : ALLOWED_ON_LOW;
      while (bytes > allowed) {
        // Mostly the oldest; what is still in view stays.
        const [gone] = resident.splice(random.below(Math.ceil(resident.length / 3)), 1);
        bytes -= gone!.estimate;
        gone!.allocation.destroy();
      }
    }
    for (const { allocation } of resident) allocation.destroy();
  },
};
