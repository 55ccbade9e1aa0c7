/** What the scene shows: a texture, and where its cubes stand. */

/** The sizes of the texture's mip levels. */
export const MIPS: readonly number[] = [64, 32, 16, 8, 4, 2, 1];
/** A checkerboard whose mips have colors of their own, the largest first. */
export function checkerboard(): Uint8Array {
  const texels = MIPS.flatMap((size, mip) =>
    Array.from({ length: size * size }, (_, i) => {
      const isDark = (((i % size) * 8) / size + Math.floor((Math.floor(i / size) * 8) / size)) & 1;
      return isDark ? [20, 30, 60, 255] : [255, 255 - 30 * mip, 40 + 30 * mip, 255];
    }),
  );
  return Uint8Array.from(texels.flat());
}

/** Of each cube: how far it is turned, in radians, and where it is. */
export const CUBES: readonly (readonly [turn: number, x: number, z: number])[] = [
  [0.6, -0.7, 5],
  [-0.4, 0.8, 5.6],
];

/** A turned cube seen in perspective, column by column. */
export function transform(turn: number, x: number, z: number): Float32Array {
  const [c, s] = [Math.cos(turn), Math.sin(turn)];
  const tilt = 0.5;
  const [near, far, zoom] = [1, 20, 1.6];
  const rows = [
    [c, 0, s, x],
    [s * tilt, 0.9, -c * tilt, 0],
    [-s, tilt, c * 0.9, z],
  ] as const;
  const a = far / (far - near);
  const [px, py, pz] = rows;
  return Float32Array.from(
    [0, 1, 2, 3].flatMap((i) => [
      zoom * px[i]!,
      zoom * py[i]!,
      a * pz[i]! - (i === 3 ? near * a : 0),
      pz[i]!,
    ]),
  );
}
