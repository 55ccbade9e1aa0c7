/**
 * Devices from what `vulkaninfo` prints: its text, or the page that `vulkaninfo --html` writes, which has the same lines.
 * Of its forms only these have memory heaps, as its JSON is a Vulkan profile. One device for each GPU.
 */

import type { Json } from "./json.ts";

/** What it says of each GPU, as the JSON of other tools has it; nothing where the text is not vulkaninfo's. */
export function devicesOfVulkaninfo(text: string): Json[] {
  const lines = text.replace(/<[^>]*>/g, "").split(/\r?\n/);
  const begins = lines.flatMap((line, index) => (/^\s*GPU\d+:?\s*$/.test(line) ? [index] : []));
  return begins
    .map((begin, index) => deviceOf(lines.slice(begin, begins[index + 1])))
    .filter(({ memoryHeaps }) => (memoryHeaps as unknown[]).length > 0);
}

interface Heap {
  size: string;
  readonly flags: string[];
}

interface Type {
  heapIndex: string;
  propertyFlags: string;
}

function deviceOf(lines: readonly string[]): Json {
  const values = new Map<string, string>();
  const memoryHeaps: Heap[] = [];
  const memoryTypes: Type[] = [];
  const extensions: string[] = [];
  for (const line of lines) {
    const extension = /^\s*(VK_\w+)\s*: extension revision/.exec(line);
    if (extension !== null) extensions.push(extension[1]!);
    if (/^\s*memoryHeaps\[\d+\]/.test(line)) memoryHeaps.push({ size: "", flags: [] });
    if (/^\s*memoryTypes\[\d+\]/.test(line)) memoryTypes.push({ heapIndex: "", propertyFlags: "" });
    const flag = /^\s*((?:VK_)?MEMORY_HEAP_\w+)\s*$/.exec(line);
    if (flag !== null) memoryHeaps.at(-1)?.flags.push(flag[1]!);
    const pair = /^\s*(\w+)\s*=\s*(.*\S)/.exec(line);
    if (pair === null) continue;
    const [, key = "", value = ""] = pair;
    const first = value.split(/[\s:]/)[0]!;
    const heap = memoryHeaps.at(-1);
    const type = memoryTypes.at(-1);
    if (key === "size" && heap?.size === "") heap.size = first;
    else if (key === "heapIndex" && type?.heapIndex === "") type.heapIndex = first;
    else if (key === "propertyFlags" && type?.propertyFlags === "") type.propertyFlags = first;
    else if (!values.has(key)) values.set(key, key === "deviceName" ? value : first);
  }
  return { ...Object.fromEntries(values), memoryHeaps, memoryTypes, extensions };
}
