/** The graph that frame-graph.ts runs: ten passes, what they write and read, and what follows from it. */

import {
  Access,
  BufferUsage,
  Format,
  type ImageCreateInfo,
  ImageLayout,
  ImageUsage,
  PipelineStage,
  type TransientResource,
  type TransientUse,
} from "../src/index.ts";

/** Texels, of the width and of the height. */
export const SIZE = 256;

/** How a pass uses a resource. */
type Use = Omit<TransientUse, "pass">;
/** What one pass does. */
export interface Pass {
  readonly name: string;
  readonly result: readonly [name: string, use: Use] | undefined;
  readonly inputs: readonly string[];
  readonly shader?: string;
  readonly operation?: number;
}
const { ColorAttachmentOptimal, General, TransferSrcOptimal, TransferDstOptimal } = ImageLayout;
const drawn: Use = {
  stages: PipelineStage.ColorAttachmentOutput,
  access: Access.ColorAttachmentWrite,
  layout: ColorAttachmentOptimal,
};
const computed: Use = { stages: PipelineStage.ComputeShader, access: Access.ShaderWrite, layout: General };
const sampled: Use = { stages: PipelineStage.ComputeShader, access: Access.ShaderRead, layout: General };
const copied: Use = {
  stages: PipelineStage.Transfer,
  access: Access.TransferWrite,
  layout: TransferDstOptimal,
};
const copiedFrom: Use = {
  stages: PipelineStage.Transfer,
  access: Access.TransferRead,
  layout: TransferSrcOptimal,
};

/** The passes: what each writes, from what, and for those that compute, with which shader, and how. */
export const passes: readonly Pass[] = [
  { name: "draw", result: ["scene", drawn], inputs: [] },
  { name: "shadow", result: ["shadow", computed], inputs: [], shader: "pattern" },
  { name: "light", result: ["light", computed], inputs: ["scene", "shadow"], shader: "filter", operation: 0 },
  { name: "bright", result: ["bright", computed], inputs: ["light"], shader: "filter", operation: 1 },
  { name: "blur x", result: ["blurred x", computed], inputs: ["bright"], shader: "filter", operation: 2 },
  { name: "blur y", result: ["blurred", computed], inputs: ["blurred x"], shader: "filter", operation: 3 },
  { name: "sums", result: ["sums", computed], inputs: ["light"], shader: "sums" },
  {
    name: "compose",
    result: ["composed", computed],
    inputs: ["light", "blurred", "sums"],
    shader: "compose",
  },
  { name: "copy", result: ["copy", copied], inputs: ["composed"] },
  { name: "read back", result: undefined, inputs: ["copy"] },
];

const usage: ImageUsage =
  ImageUsage.ColorAttachment | ImageUsage.Storage | ImageUsage.TransferSrc | ImageUsage.TransferDst;
/** All images are alike. */
export const image: ImageCreateInfo = {
  format: Format.R8G8B8A8Unorm,
  extent: { width: SIZE, height: SIZE },
  usage,
};
const buffer = {
  size: 4 * SIZE,
  usage: BufferUsage.StorageBuffer | BufferUsage.TransferSrc | BufferUsage.TransferDst,
};

/** The resources, with their uses as the passes have them. */
export const resources: TransientResource[] = passes.flatMap(({ result }, pass) => {
  if (result === undefined) return [];
  const [name, written] = result;
  const read = name === "composed" || name === "copy" ? copiedFrom : sampled;
  const uses = passes.flatMap(({ inputs }, reader) =>
    inputs.includes(name) ? [{ ...read, pass: reader }] : [],
  );
  const what = name === "sums" ? { buffer } : { image };
  return [{ name, ...what, uses: [{ ...written, pass }, ...uses] }];
});
