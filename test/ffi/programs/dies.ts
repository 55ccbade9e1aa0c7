/**
 * Dies in a C function, as in a driver that crashes:
 *
 *   node --import tsx dies.ts <"plain" or "blocks"> <"abort", "fault" or "raise">
 */

import { withArgumentBlocks } from "../../../src/ffi/native/blocks/argument-blocks.ts";
import type { SequenceCall } from "../../../src/ffi/native/blocks/sequence.ts";
import { koffiCalls } from "../../../src/ffi/native/koffi.ts";

const [way, death] = process.argv.slice(2);
const native = koffiCalls();
const library = native.load(null);

/** A function that never comes back, and what it is given. */
const deaths: Record<string, { name: string; args: readonly bigint[] }> = {
  abort: { name: "abort", args: [] },
  // Writes to where no process has memory.
  fault: { name: "memset", args: [16n, 0n, 8n] },
  raise: { name: "raise", args: [7n] },
};
const { name, args } = deaths[death!]!;
const address = library.find(name);

console.log(`${way}: ${name}`);
if (way === "plain") native.declare(address, `${"n".repeat(args.length)}>v`)(...args);
else {
  const block = new ArrayBuffer(64);
  const calls: SequenceCall[] = [{ address, operands: args.map((constant) => ({ constant })) }];
  const { compile } = withArgumentBlocks(native);
  compile!([{ block: native.addressOf(block), calls }]).calls[0]!();
}
console.log("it came back");
