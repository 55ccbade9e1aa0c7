/**
 * Size classes: which free list a free range belongs to. Pure arithmetic, no state.
 *
 * There is one list for every 1/32 step between two powers of two, and above them one class for every power
 * of two, so that a list is named by (memory class, second index) = list / 32, list % 32:
 *
 *   memory class   sizes in bytes        step of one list
 *   0              1 to 256              8 in virtual blocks (32 lists), 64 on devices (4 lists)
 *   1              257 to 511            8
 *   2              512 to 1,023          16
 *   c > 0          2^(c+7) to 2^(c+8)-1  2^(c+2)
 *   45             2^52 to 2^53-1        2^47
 *
 * Of a size below 2^31 the memory class comes from the count of its leading zeros, and the second index from the bits
 * behind the first one. Larger sizes are float64, and the high word of a float64 already is its size class: eleven bits of
 * exponent, then the leading bits of the fraction. `high >>> 15` keeps the exponent and five of them, which is
 * 32 * exponent + second index: a list number without counting zeros or shifting, exact up to 2^53.
 *
 *   high word   0eeeeeee eeeemmmm mxxxxxxx xxxxxxxx      e exponent + 1023, m second index
 *
 * Every size in list n + 1 or above holds every size of list n, so that looking from the next list on finds
 * ranges that fit without measuring them.
 */

/** How sizes are divided. */
export const SizeClass = {
  /** Lists in one memory class, and bits in the word that says which of them hold ranges. */
  LISTS: 32,
  /** Memory classes of all sizes below 2^53. */
  COUNT: 46,
  /** The largest size, in bytes, of memory class 0. */
  SMALL_SIZE: 256,
} as const;
const { LISTS: LISTS_PER_CLASS, SMALL_SIZE } = SizeClass;

/** log2 of the bytes between the small lists of a virtual block. */
export const VIRTUAL_SMALL_SHIFT = 3;
/** log2 of the bytes between the small lists of a device block. */
export const DEVICE_SMALL_SHIFT = 6;

/** What turns `high >>> 15` into a list: 2^8, the least size of memory class 1, becomes list 32. */
const HIGH_TO_LIST = (1023 + 8 - 1) * LISTS_PER_CLASS;

const LARGEST_INT32: number = 2 ** 31 - 1;

const probe = new Float64Array(1);
const probeWords = new Int32Array(probe.buffer);
/** Which of a float64's two words is the high one on this machine. */
const HIGH_WORD: number = highWordIndex();

function highWordIndex(): number {
  probe[0] = 1;
  return probeWords[1] !== 0 ? 1 : 0;
}

/** The list of a size of 1 to 2^53 - 1 bytes. */
export function listOfSize(size: number, smallShift: number): number {
  if (size <= LARGEST_INT32) return listOfInt32(size | 0, smallShift);
  probe[0] = size;
  return (probeWords[HIGH_WORD] >>> 15) - HIGH_TO_LIST;
}

/** The list of a size of 1 to 2^31 - 1 bytes, in integers. */
export function listOfInt32(size: number, smallShift: number): number {
  if (size <= SMALL_SIZE) return (size - 1) >> smallShift;
  const zeros = Math.clz32(size);
  return ((23 - zeros) << 5) + (size >>> (26 - zeros));
}

/** The memory class of a list. */
function classOfList(list: number): number {
  return list >>> 5;
}

/** The second index of a list: its bit in its class's word. */
function secondIndexOfList(list: number): number {
  return list & 31;
}

/** The list with a memory class and a second index. */
export function listAt(memoryClass: number, secondIndex: number): number {
  return (memoryClass << 5) + secondIndex;
}

/** The least size, in bytes, of a list. */
export function leastSizeOf(list: number, smallShift: number): number {
  const memoryClass = classOfList(list);
  const secondIndex = secondIndexOfList(list);
  if (memoryClass === 0) return secondIndex * 2 ** smallShift + 1;
  const least = 2 ** (memoryClass + 7) + secondIndex * 2 ** (memoryClass + 2);
  return Math.max(least, SMALL_SIZE + 1);
}
