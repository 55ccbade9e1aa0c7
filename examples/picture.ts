/** Pictures of the examples: written as PNG, and compared with those that are kept in examples/pictures. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode, encode } from "fast-png";

/** How much of 255 a byte of a picture may differ on average: drivers round differently, and at edges. */
const TOLERANCE = 2;

/** Writes RGBA texels as a PNG; throws where a picture of this name is kept that looks otherwise. */
export function picture(name: string, data: Uint8Array, width: number, height: number): string {
  const kept = join(import.meta.dirname, "pictures", `${name}.png`);
  const isNew = !existsSync(kept);
  const folder = isNew ? join(kept, "..") : join(tmpdir(), "vma-ts-examples");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.png`);
  writeFileSync(path, encode({ width, height, data, channels: 4 }));
  if (!isNew) {
    const wanted = decode(readFileSync(kept)).data;
    let sum = 0;
    for (let i = 0; i < data.length; i++) sum += Math.abs(data[i]! - wanted[i]!);
    const difference = sum / data.length;
    if (!(difference <= TOLERANCE))
      throw new Error(`${path} differs from ${kept} by ${difference} on average`);
  }
  return path;
}
