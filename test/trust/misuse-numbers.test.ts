/** Wrong sizes, offsets, counts and other numbers. */

import { Result, VulkanError } from "../../src/index.ts";
import { type Case, describeMisuse, forBadIntegers, type Stage } from "./misuse-stage.ts";
import { bufferOf, bytes, imageOf } from "./world.ts";

const sizes: Case[] = [
  ...forBadIntegers("a buffer's size", (s, size) => s.allocator.createBuffer(bufferOf(size))),
  ...forBadIntegers("a tried buffer's size", (s, size) => s.allocator.tryCreateBuffer(bufferOf(size))),
  ...forBadIntegers("a dedicated buffer's size", (s, size) =>
    s.allocator.createDedicatedBuffer(bufferOf(size)),
  ),
  ...forBadIntegers("an aliasing buffer's size", (s, size) =>
    s.allocator.createAliasingBuffer(s.onDevice, bufferOf(size)),
  ),
  ...forBadIntegers("a buffer's usage", (s, usage) => s.allocator.createBuffer(bufferOf(64, { usage }))),
  ...forBadIntegers("a buffer's flags", (s, flags) => s.allocator.createBuffer(bufferOf(64, { flags }))),
  ...forBadIntegers("an image's usage", (s, usage) => s.allocator.createImage(imageOf(4, { usage }))),
  ...forBadIntegers("an image's format", (s, format) => s.allocator.createImage(imageOf(4, { format }))),
  ...forBadIntegers("an image's height", (s, height) =>
    s.allocator.createImage(imageOf(4, { extent: { width: 4, height } })),
  ),
  ...forBadIntegers("an image's depth", (s, depth) =>
    s.allocator.createImage(imageOf(4, { extent: { width: 4, height: 4, depth } })),
  ).filter(([name]) => !name.includes("null")),
  ...forBadIntegers("an image's levels", (s, mipLevels) =>
    s.allocator.createImage(imageOf(4, { mipLevels })),
  ).filter(([name]) => !name.includes("null")),
  ...forBadIntegers("an image's layers", (s, arrayLayers) =>
    s.allocator.createImage(imageOf(4, { arrayLayers })),
  ).filter(([name]) => !name.includes("null")),
  ...forBadIntegers("an image's width", (s, width) => s.allocator.createImage(imageOf(width))),
  ...forBadIntegers("memory's size", (s, size) => s.allocator.allocateMemory(bytes(size))),
  ...forBadIntegers("memory's alignment", (s, value) => s.allocator.allocateMemory(bytes(1, 0, value))),
  ...forBadIntegers("the number of pages", (s, count) => s.allocator.allocateMemoryPages(bytes(1), count)),
  ...forBadIntegers("minAlignment", (s, value) =>
    s.allocator.createBuffer(bufferOf(1), { minAlignment: value }),
  ),
  ...forBadIntegers("a block's size", (s, blockSize) =>
    s.allocator.createPool({ memoryTypeIndex: 0, blockSize }),
  ).filter(([name]) => !name.includes("null")),
  ...forBadIntegers("a memory type", (s, memoryTypeIndex) => s.allocator.createPool({ memoryTypeIndex })),
  ...forBadIntegers("where to bind", (s, offset) =>
    s.allocator.bindBufferMemory(s.onDevice, s.buffer, offset),
  ),
  ...forBadIntegers("where to alias", (s, offset) =>
    s.allocator.createAliasingBuffer(s.onDevice, bufferOf(1), offset),
  ),
  ...forBadIntegers("where to flush", (s, offset) => s.allocator.flushAllocation(s.mapped, offset)),
  ...forBadIntegers("how much to flush", (s, size) => s.allocator.flushAllocation(s.mapped, 0, size)).filter(
    ([name]) => !name.includes("Infinity"),
  ),
  ...forBadIntegers("where to copy to", (s, offset) =>
    s.allocator.copyMemoryToAllocation(new Uint8Array(1), s.mapped, offset),
  ),
  ...forBadIntegers("where to copy from", (s, offset) =>
    s.allocator.copyAllocationToMemory(s.mapped, new Uint8Array(1), offset),
  ),
  ...forBadIntegers("where to read", (s, offset) => s.mapped.read(offset, 1)),
  ...forBadIntegers("how much to read", (s, length) => s.mapped.read(0, length)).filter(
    ([name]) => !name.includes("Infinity"),
  ),
  ...forBadIntegers("where to fill", (s, offset) => s.mapped.fill(0, offset)),
  ...forBadIntegers("what to fill with", (s, value) => s.mapped.fill(value)),
  ...forBadIntegers("where to look", (s, offset) => s.mapped.mappedRange(offset, 1)),
  ...forBadIntegers("how much to look at", (s, size) => s.mapped.mappedRange(0, size)).filter(
    ([name]) => !name.includes("Infinity"),
  ),
  ...forBadIntegers("a handle type", (s, type) => s.allocator.getMemoryWin32Handle(s.mapped, type)),
  ...forBadIntegers("a frame", (s, frame) => s.allocator.setCurrentFrameIndex(frame)),
  ...forBadIntegers("how many to keep", (s, keep) => s.allocator.trim(keep)),
  [
    "a buffer of 0 bytes",
    VulkanError,
    Result.ErrorInitializationFailed,
    (s) => s.allocator.createBuffer(bufferOf(0)),
  ],
  [
    "a tried buffer of 0 bytes",
    VulkanError,
    Result.ErrorInitializationFailed,
    (s) => s.allocator.tryCreateBuffer(bufferOf(0)),
  ],
  [
    "an image of 0 texels",
    VulkanError,
    Result.ErrorInitializationFailed,
    (s) => s.allocator.createImage(imageOf(0)),
  ],
  [
    "an image of no height",
    VulkanError,
    Result.ErrorInitializationFailed,
    (s) => s.allocator.createImage(imageOf(1, { extent: { width: 1, height: 0 } })),
  ],
  [
    "an image of no depth",
    VulkanError,
    Result.ErrorInitializationFailed,
    (s) => s.allocator.createImage(imageOf(1, { extent: { width: 1, height: 1, depth: 0 } })),
  ],
  [
    "an image without layers",
    VulkanError,
    Result.ErrorInitializationFailed,
    (s) => s.allocator.createImage(imageOf(1, { arrayLayers: 0 })),
  ],
  [
    "an image without levels",
    VulkanError,
    Result.ErrorInitializationFailed,
    (s) => s.allocator.createImage(imageOf(1, { mipLevels: 0 })),
  ],
  [
    "memory of 0 bytes",
    VulkanError,
    Result.ErrorInitializationFailed,
    (s) => s.allocator.allocateMemory(bytes(0)),
  ],
  ["an alignment of 3", RangeError, "power of two, got 3", (s) => s.allocator.allocateMemory(bytes(1, 0, 3))],
  [
    "a minAlignment of 48",
    RangeError,
    "power of two, got 48",
    (s) => s.allocator.createBuffer(bufferOf(1), { minAlignment: 48 }),
  ],
  [
    "a zeroInitialize of 1",
    TypeError,
    "zeroInitialize must be a boolean, got 1",
    (s) => s.allocator.createBuffer(bufferOf(1), { zeroInitialize: 1 as never }),
  ],
  [
    "settings' minAlignment of 6",
    RangeError,
    "power of two, got 6",
    (s) => s.allocator.createBuffer(bufferOf(1), { minAlignment: 6 }),
  ],
  [
    "a pool's alignment of 12",
    RangeError,
    "power of two, got 12",
    (s) => s.allocator.createPool({ memoryTypeIndex: 0, minAllocationAlignment: 12 }),
  ],
  [
    "more than every heap has",
    VulkanError,
    Result.ErrorOutOfDeviceMemory,
    (s) => s.allocator.allocateMemory(bytes(2 ** 53 - 1)),
  ],
];

/** What Vulkan has 32 bits for, given one more. */
const tooWide: Case[] = (
  [
    [
      "an allocation's requiredFlags",
      (s, requiredFlags) => s.allocator.createBuffer(bufferOf(1), { requiredFlags }),
    ],
    [
      "an allocation's preferredFlags",
      (s, preferredFlags) => s.allocator.createBuffer(bufferOf(1), { preferredFlags }),
    ],
    [
      "an allocation's memoryTypeBits",
      (s, memoryTypeBits) => s.allocator.createBuffer(bufferOf(1), { memoryTypeBits }),
    ],
    ["memoryTypeBits to choose from", (s, bits) => s.allocator.findMemoryTypeIndex(bits)],
    ["memoryTypeBits to check", (s, bits) => s.allocator.checkCorruption(bits)],
    ["a pool's memoryTypeIndex", (s, memoryTypeIndex) => s.allocator.createPool({ memoryTypeIndex })],
    ["a buffer's usage", (s, usage) => s.allocator.createBuffer(bufferOf(1, { usage }))],
    ["a buffer's flags", (s, flags) => s.allocator.createBuffer(bufferOf(1, { flags }))],
    ["an image's format", (s, format) => s.allocator.createImage(imageOf(1, { format }))],
    ["an image's usage", (s, usage) => s.allocator.createImage(imageOf(1, { usage }))],
    ["an image's width", (s, width) => s.allocator.createImage(imageOf(1, { extent: { width, height: 1 } }))],
    [
      "an image's height",
      (s, height) => s.allocator.createImage(imageOf(1, { extent: { width: 1, height } })),
    ],
    [
      "an image's depth",
      (s, depth) => s.allocator.createImage(imageOf(1, { extent: { width: 1, height: 1, depth } })),
    ],
    ["an image's levels", (s, mipLevels) => s.allocator.createImage(imageOf(1, { mipLevels }))],
    ["an image's layers", (s, arrayLayers) => s.allocator.createImage(imageOf(1, { arrayLayers }))],
    ["a frame", (s, frame) => s.allocator.setCurrentFrameIndex(frame)],
    ["the number of pages", (s, count) => s.allocator.allocateMemoryPages(bytes(1), count)],
    ["a handle's type", (s, handleType) => s.allocator.importMemory({ fd: 5, handleType }, bytes(1))],
  ] satisfies [string, (stage: Stage, value: number) => unknown][]
).map(([what, call]) => [`${what} of 2^32`, RangeError, "got 4294967296", (stage) => call(stage, 2 ** 32)]);

describeMisuse([
  ["numbers", sizes],
  ["numbers of 32 bits", tooWide],
]);
