/**
 * Which transfers of a batch have to wait for which: what was read and written since the last barrier.
 *
 * Of a buffer, the runs of bytes are kept in order and merged, so that 5,000 copies between the same two buffers take 5,000
 * binary searches; of an image, the boxes in each mip level and range of layers, and beyond a few dozen all of it.
 */

/** Runs of bytes, in order, none touching another. */
class Runs {
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  /** The first run that ends behind `start`. */
  #find(start: number): number {
    let low = 0;
    let high = this.#ends.length;
    // Most copies come in order.
    if (high === 0 || this.#ends[high - 1]! <= start) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#ends[middle]! > start) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  overlaps(start: number, end: number): boolean {
    const at = this.#find(start);
    return at < this.#starts.length && this.#starts[at]! < end;
  }

  add(start: number, end: number): void {
    const starts = this.#starts;
    const ends = this.#ends;
    // One that ends where this begins is taken in.
    const first = this.#find(start - 1);
    let last = first;
    while (last < starts.length && starts[last]! <= end) last++;
    if (last === first) {
      starts.splice(first, 0, start);
      ends.splice(first, 0, end);
      return;
    }
    starts[first] = Math.min(start, starts[first]!);
    ends[first] = Math.max(end, ends[last - 1]!);
    starts.splice(first + 1, last - first - 1);
    ends.splice(first + 1, last - first - 1);
  }
}

/** A part of an image that a transfer touches. */
export interface ImagePart {
  readonly mipLevel: number;
  readonly mipLevels: number;
  readonly baseArrayLayer: number;
  readonly layerCount: number;
  /** First texel and the one behind the last, of each axis; undefined for all, as where a layout is changed. */
  readonly box:
    | readonly [x: number, y: number, z: number, xEnd: number, yEnd: number, zEnd: number]
    | undefined;
}

interface Touched {
  readonly part: ImagePart;
  readonly isWritten: boolean;
}

/** More parts of an image than this between two barriers are taken to touch. */
const MOST_PARTS = 64;

function overlap(a: ImagePart, b: ImagePart): boolean {
  const apart = (first: number, count: number, other: number, otherCount: number): boolean =>
    first + count <= other || other + otherCount <= first;
  if (apart(a.mipLevel, a.mipLevels, b.mipLevel, b.mipLevels)) return false;
  if (apart(a.baseArrayLayer, a.layerCount, b.baseArrayLayer, b.layerCount)) return false;
  if (a.box === undefined || b.box === undefined) return true;
  for (let axis = 0; axis < 3; axis++) {
    if (a.box[axis + 3]! <= b.box[axis]! || b.box[axis + 3]! <= a.box[axis]!) return false;
  }
  return true;
}

/** What the transfers since the last barrier read and write. */
export class Hazards {
  readonly #read = new Map<bigint, Runs>();
  readonly #written = new Map<bigint, Runs>();
  readonly #images = new Map<bigint, Touched[]>();

  /** Whether reading or writing these bytes has to wait. */
  touchesBuffer(buffer: bigint, start: number, end: number, isWritten: boolean): boolean {
    if (this.#written.get(buffer)?.overlaps(start, end)) return true;
    return isWritten && this.#read.get(buffer)?.overlaps(start, end) === true;
  }

  /** Whether reading or writing this part has to wait. */
  touchesImage(image: bigint, part: ImagePart, isWritten: boolean): boolean {
    const touched = this.#images.get(image);
    if (touched === undefined) return false;
    if (touched.length >= MOST_PARTS) return true;
    return touched.some((other) => (isWritten || other.isWritten) && overlap(part, other.part));
  }

  addBuffer(buffer: bigint, start: number, end: number, isWritten: boolean): void {
    const all = isWritten ? this.#written : this.#read;
    let runs = all.get(buffer);
    if (runs === undefined) {
      runs = new Runs();
      all.set(buffer, runs);
    }
    runs.add(start, end);
  }

  addImage(image: bigint, part: ImagePart, isWritten: boolean): void {
    const touched = this.#images.get(image);
    if (touched === undefined) this.#images.set(image, [{ part, isWritten }]);
    else touched.push({ part, isWritten });
  }

  /** A barrier stands here. */
  clear(): void {
    this.#read.clear();
    this.#written.clear();
    this.#images.clear();
  }
}
