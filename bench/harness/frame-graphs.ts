/**
 * Three programs whose resources are needed for a while: a deferred renderer at 4K, a pipeline of compute shaders, and an
 * inference plan. Written down by hand as such programs are made, not measured from one; sizes are rounded up as drivers do.
 */

import type { TimedItem } from "./placement-items.ts";

/** A program, as placement sees it. */
export interface Graph {
  readonly name: string;
  /** What one step of time is. */
  readonly step: string;
  readonly items: readonly TimedItem[];
}

const PAGE = 65536;

/** Collects items as passes go by. */
class Builder {
  readonly items: TimedItem[] = [];
  readonly #alignment: number;
  #step = 0;

  constructor(alignment: number) {
    this.#alignment = alignment;
  }

  /** The step that is being described. */
  get step(): number {
    return this.#step;
  }

  next(): void {
    this.#step++;
  }

  /** Something that is written in this step, and read last `reads` steps later. */
  add(name: string, bytes: number, reads: number): void {
    const size = Math.ceil(bytes / this.#alignment) * this.#alignment;
    this.items.push({
      ...{ name, size, alignment: this.#alignment },
      ...{ begin: this.#step, end: this.#step + reads + 1 },
    });
  }
}

/** Depth, four shadow cascades, a G-buffer, ambient occlusion, reflections, fog, TAA, bloom, depth of field, motion blur. */
function deferred(): Graph {
  const [width, height] = [3840, 2160];
  const builder = new Builder(PAGE);
  const image = (name: string, scale: number, bytesPerTexel: number, reads: number): void =>
    builder.add(name, Math.ceil(width / scale) * Math.ceil(height / scale) * bytesPerTexel, reads);
  const pass = (describe: () => void): void => {
    describe();
    builder.next();
  };
  pass(() => image("depth (D32)", 1, 4, 24));
  for (let cascade = 0; cascade < 4; cascade++) {
    pass(() => builder.add(`shadow cascade ${cascade} (2048², D32)`, 2048 * 2048 * 4, 11 - cascade));
  }
  pass(() => {
    image("albedo (RGBA8)", 1, 4, 5);
    image("normal (RGB10A2)", 1, 4, 8);
    image("roughness, metalness (RGBA8)", 1, 4, 8);
    image("emission (R11G11B10)", 1, 4, 5);
    image("velocity (RG16F)", 1, 4, 19);
  });
  pass(() => image("depth pyramid (R32F)", 2, 4 * (4 / 3), 6));
  pass(() => image("occlusion (R8)", 2, 1, 1));
  pass(() => image("occlusion, blurred (R8)", 2, 1, 2));
  pass(() => builder.add("light lists", (3840 / 16) * (2160 / 16) * 64 * 4, 2));
  pass(() => image("lit (RGBA16F)", 1, 8, 5));
  pass(() => builder.add("fog, scattered (160x90x128, RGBA16F)", 160 * 90 * 128 * 8, 1));
  pass(() => builder.add("fog, integrated (160x90x128, RGBA16F)", 160 * 90 * 128 * 8, 3));
  pass(() => image("reflections (RGBA16F)", 2, 8, 1));
  pass(() => image("reflections, resolved (RGBA16F)", 1, 8, 1));
  pass(() => image("composed (RGBA16F)", 1, 8, 2));
  pass(() => image("transparency (RGBA16F)", 1, 8, 1));
  pass(() => image("antialiased (RGBA16F)", 1, 8, 6));
  pass(() => builder.add("luminance histogram", 256 * 4, 12));
  for (let level = 1; level <= 5; level++) {
    // Each is read by the next one, and on the way up again.
    pass(() => image(`bloom down ${level} (R11G11B10)`, 2 ** level, 4, 1 + 2 * (5 - level)));
  }
  for (let level = 4; level >= 1; level--) {
    pass(() => image(`bloom up ${level} (R11G11B10)`, 2 ** level, 4, level === 1 ? 4 : 1));
  }
  pass(() => image("circle of confusion (R16F)", 2, 2, 2));
  pass(() => {
    image("far field (RGBA16F)", 2, 8, 1);
    image("near field (RGBA16F)", 2, 8, 1);
  });
  pass(() => image("focused (RGBA16F)", 1, 8, 1));
  pass(() => image("tonemapped (RGBA8)", 1, 4, 1));
  pass(() => image("sharpened (RGBA8)", 1, 4, 1));
  builder.next();
  return { name: "deferred renderer at 4K", step: "pass", items: trim(builder) };
}

/** A cloud of 16 million points: sorted along a curve, its neighbours found, normals, a tree, and a surface. */
function compute(): Graph {
  const count = 16 * 1024 * 1024;
  const builder = new Builder(256);
  const pass = (
    ...made: readonly (readonly [name: string, bytesPerPoint: number, reads: number])[]
  ): void => {
    for (const [name, bytes, reads] of made) builder.add(name, bytes * count, reads);
    builder.next();
  };
  pass(["positions", 16, 13]);
  pass(["bounds", 1 / 4096, 1]);
  pass(["keys 0", 4, 1], ["indices 0", 4, 1]);
  for (let digit = 1; digit <= 4; digit++) {
    const isLast = digit === 4;
    builder.add("histogram", (count / 4096) * 256 * 4, 0);
    pass([`keys ${digit}`, 4, isLast ? 4 : 1], [`indices ${digit}`, 4, isLast ? 2 : 1]);
  }
  pass(["sorted positions", 16, 12]);
  pass(["cell starts", 1, 3], ["cell flags", 0.25, 1]);
  pass(["tree nodes", 32, 6]);
  pass(["neighbours", 32, 2]);
  pass(["covariances", 24, 1]);
  pass(["normals", 8, 7]);
  pass(["densities", 4, 2]);
  pass(["outliers", 0.125, 1], ["scan of outliers", 4, 1]);
  pass(["compacted points", 16, 3], ["compacted normals", 8, 3]);
  pass(["octree levels", 12, 3]);
  pass(["right-hand side", 8, 1], ["solution 0", 8, 1]);
  pass(["residual", 8, 1], ["solution 1", 8, 2]);
  pass(["vertices", 12, 1], ["vertex counts", 1, 1]);
  pass(["triangles", 12, 0]);
  return { name: "point cloud, 16 M points", step: "dispatch", items: trim(builder) };
}

/** A residual network of 16 bottleneck blocks, batch 8, half precision, with workspaces for its convolutions: a hundred tensors. */
function network(): Graph {
  const batch = 8;
  const builder = new Builder(256);
  const tensor = (name: string, side: number, channels: number, reads: number, bytes = 2): void =>
    builder.add(name, batch * side * side * channels * bytes, reads);
  const operation = (...made: readonly (() => void)[]): void => {
    for (const make of made) make();
    builder.next();
  };
  operation(() => tensor("pixels", 224, 3, 1, 1));
  operation(() => tensor("input", 224, 3, 1));
  operation(() => tensor("input, normalized", 224, 3, 1));
  operation(
    () => tensor("stem workspace", 112, 147, 0),
    () => tensor("stem", 112, 64, 1),
  );
  operation(() => tensor("stem, pooled", 56, 64, 5));
  for (const [stage, blocks] of [3, 4, 6, 3].entries()) {
    const side = 56 >> stage;
    const inner = 64 << stage;
    for (let block = 0; block < blocks; block++) {
      const at = `block ${stage}.${block}`;
      const isFirst = block === 0;
      // The first block of a stage still has the side of the stage before.
      const before = isFirst && stage > 0 ? 2 * side : side;
      if (isFirst) {
        operation(
          () => tensor(`${at} shortcut workspace`, side, inner, 0),
          () => tensor(`${at} shortcut`, side, 4 * inner, 4),
        );
      }
      operation(() => tensor(`${at} narrow`, before, inner, 1));
      operation(
        () => tensor(`${at} workspace`, side, 4 * inner, 0),
        () => tensor(`${at} 3x3`, side, inner, 1),
      );
      operation(() => tensor(`${at} wide`, side, 4 * inner, 1));
      operation(() => tensor(`${at} sum`, side, 4 * inner, blocks - 1 === block ? 2 : 4));
    }
  }
  operation(() => builder.add("pooled", batch * 2048 * 2, 1));
  operation(() => builder.add("features", batch * 2048 * 4, 1));
  operation(() => builder.add("logits", batch * 1000 * 4, 2));
  operation(() => builder.add("exponents", batch * 1000 * 4, 1));
  operation(() => builder.add("probabilities", batch * 1000 * 4, 1));
  operation(() => builder.add("best five", batch * 5 * 8, 0));
  return { name: "residual network, batch 8", step: "operation", items: trim(builder) };
}

/** Nothing is needed after the last step. */
function trim({ items, step }: Builder): TimedItem[] {
  return items.map((item) => ({ ...item, end: Math.min(item.end, step) }));
}

/** All three. */
export const graphs: readonly Graph[] = [deferred(), compute(), network()];
