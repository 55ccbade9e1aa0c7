/**
 * `npm start`: thousands of buffers and images on a real device, from beginning to end.
 *
 * Creates them, moves known data into them and among them on the device, reads everything back and compares every
 * byte, destroys a random half, creates again, compares again, shows the state of memory, and frees everything.
 */

import { createAllocator } from "../src/index.ts";
import { openDevice } from "./device.ts";
import { Noise } from "./noise.ts";
import { HELP, readOptions } from "./options.ts";
import { step } from "./progress.ts";
import { Random } from "./random.ts";
import { formatBytes, formatCount, printReport } from "./report.ts";
import { createResources, type Resource } from "./resources.ts";
import { writePicture } from "./svg.ts";
import { sumOfSizes, Transfers } from "./transfer.ts";

/** Smaller than usual (256 MiB), so that there are several blocks to look at. */
const BLOCK_SIZE = 32 * 1024 * 1024;

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) return console.log(HELP);
  const opened = openDevice(options.device, options.validation);
  console.log(`vma-ts on ${opened.title}; seed ${options.seed}`);
  for (const remark of opened.remarks) console.log(remark);
  console.log();

  let memoryObjects = 0;
  const allocator = createAllocator({
    device: opened.device,
    preferredLargeHeapBlockSize: BLOCK_SIZE,
    deviceMemoryCallbacks: { allocate: () => memoryObjects++ },
  });
  const random = new Random(options.seed);
  const noise = new Noise(options.seed);
  const transfers = new Transfers(allocator, opened.queue, noise);
  let resources: Resource[] = [];
  let created = 0;

  const create = (title: string, count: number): Promise<void> =>
    step(title, count, async (progress) => {
      const fresh = createResources(allocator, noise, random, count, resources);
      resources = [...resources, ...fresh];
      created += fresh.length;
      const [uploaded, copied] = await transfers.fill(fresh, progress);
      return (
        `${describe(fresh)}: ${formatBytes(uploaded)} written by the host, ` +
        `${formatBytes(copied)} copied on the device`
      );
    });
  const verify = (): Promise<void> =>
    step("compare", resources.length, async (progress) => {
      const bytes = await transfers.verify(resources, progress);
      return `${formatCount(bytes)} bytes read back, every one as it was written`;
    });

  await create("create", options.count);
  await verify();
  await step("destroy", 1, () => {
    const doomed = new Set(random.sample(resources, Math.floor(resources.length / 2)));
    for (const { allocation } of doomed) allocation.destroy();
    resources = resources.filter((resource) => !doomed.has(resource));
    return `${formatCount(doomed.size)} resources at random; ${describe(resources)} stay`;
  });
  await create("create", Math.floor(options.count / 2));
  await verify();

  allocator.validate();
  printReport(`${describe(resources)} with ${formatBytes(sumOfSizes(resources))} of contents:`, allocator);
  if (options.svg !== undefined) writePicture(options.svg, opened.device.properties.deviceName, allocator);

  for (const { allocation } of resources) allocation.destroy();
  transfers.destroy();
  allocator.destroy();
  const complaints = opened.close();
  for (const complaint of complaints) console.error(complaint);
  if (complaints.length > 0) throw new Error(`The validation layer had ${complaints.length} messages.`);
  console.log(
    `Everything is freed: ${memoryObjects} vkAllocateMemory calls served ` +
      `${formatCount(created + transfers.stagingBuffers)} resources ` +
      `(${formatCount(created)}, and ${transfers.stagingBuffers} staging buffers).`,
  );
}

function describe(resources: readonly Resource[]): string {
  const buffers = resources.filter(({ design }) => design.buffer !== undefined).length;
  return `${formatCount(buffers)} buffers and ${formatCount(resources.length - buffers)} images`;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
