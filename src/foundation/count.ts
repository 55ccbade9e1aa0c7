/** Numbers of things in messages. */

/** "1 block", "2 blocks". */
export function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? "" : "s"}`;
}
