/**
 * `npm start`: thousands of buffers and images on a real device, from beginning to end.
 *
 * Creates them, moves known data into them and among them on the device, reads everything back and compares every
 * byte, destroys a random half, defragments, creates again, shows the state of memory, and frees everything.
 */

import { openDevice } from "./device.ts";
import { HELP, readOptions } from "./options.ts";
import { Run } from "./run.ts";
import { writePicture } from "./svg.ts";

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) return console.log(HELP);
  const opened = openDevice(options.device, options.validation);
  console.log(`vma-ts on ${opened.title}; seed ${options.seed}`);
  for (const remark of opened.remarks) console.log(remark);
  console.log();

  const run = new Run(opened, options.seed);
  if (options.record !== undefined) run.record(options.record);
  await run.create(options.count);
  await run.compare();
  await run.destroyHalf();
  run.show("Half of it is gone");
  await run.defragment();
  run.show("Defragmented");
  await run.compare();
  await run.create(Math.floor(options.count / 2));
  await run.compare();
  run.report();
  if (options.svg !== undefined) {
    writePicture(options.svg, opened.name, run.snapshots);
    console.log(`The picture is in ${options.svg}.\n`);
  }
  if (options.record !== undefined) console.log(`The recording is in ${options.record}.\n`);
  const summary = run.end();
  const complaints = opened.close();
  if (complaints.length > 0) {
    throw new Error(`The validation layer had ${complaints.length} messages:\n${complaints.join("\n")}`);
  }
  console.log(summary);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
