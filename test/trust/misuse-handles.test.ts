/** Wrong addresses, chains, handles, allocations, pools, ranges and mappings. */

import {
  BufferCreate,
  ImageCreate,
  LeakError,
  type NextChain,
  Result,
  StructureType,
  VulkanError,
} from "../../src/index.ts";
import type { Buffer, Image } from "../../src/vulkan/index.ts";
import {
  type Case,
  describeMisuse,
  forBadAllocations,
  forBadPools,
  forWideBigints,
  withDriverCalls,
  wrong,
} from "./misuse-stage.ts";
import { bufferOf, bytes, imageOf, Type } from "./world.ts";

const next = (value: bigint): NextChain => [
  { sType: StructureType.MemoryOpaqueCaptureAddressAllocateInfo, opaqueCaptureAddress: value },
];

const addresses: Case[] = [
  ...forWideBigints("a buffer to destroy", (s, v) => s.allocator.destroyBuffer(v as Buffer)),
  ...forWideBigints("a buffer to destroy with its memory", (s, v) =>
    s.allocator.destroyBuffer(v as Buffer, s.mapped),
  ),
  ...forWideBigints("an image to destroy", (s, v) => s.allocator.destroyImage(v as Image)),
  ...forWideBigints("an image to destroy with its memory", (s, v) =>
    s.allocator.destroyImage(v as Image, s.onDevice),
  ),
  ...forWideBigints("a buffer to bind", (s, v) => s.allocator.bindBufferMemory(s.onDevice, v as Buffer)),
  ...forWideBigints("an image to bind", (s, v) => s.allocator.bindImageMemory(s.onDevice, v as Image)),
  ...forWideBigints("a buffer for memory", (s, v) => s.allocator.allocateMemoryForBuffer(v as Buffer)),
  ...forWideBigints("an image for memory", (s, v) => s.allocator.allocateMemoryForImage(v as Image)),
  ...forWideBigints("a host pointer", (s, hostPointer) =>
    s.allocator.importMemory({ hostPointer }, bytes(4096)),
  ),
  ...forWideBigints("a Win32 handle", (s, win32Handle) =>
    s.allocator.importMemory({ win32Handle, handleType: 2 }, bytes(4096)),
  ),
  ...forWideBigints("a process", (s, v) => s.allocator.getMemoryWin32Handle(s.mapped, 2, v)),
  ...forWideBigints("a pool's chain", (s, v) =>
    s.allocator.createPool({ memoryTypeIndex: 0, memoryAllocateNext: next(v) }),
  ),
  ...forWideBigints("an address as a pool's chain", (s, v) =>
    s.allocator.createPool({ memoryTypeIndex: 0, memoryAllocateNext: v }),
  ),
  ...forWideBigints("a chain of dedicated memory", (s, v) =>
    s.allocator.allocateDedicatedMemory(bytes(64), { memoryAllocateNext: next(v) }),
  ),
  ...forWideBigints("a chain of a dedicated buffer", (s, v) =>
    s.allocator.createDedicatedBuffer(bufferOf(64), { memoryAllocateNext: [v] }),
  ),
  ...forWideBigints("a chain of a buffer", (s, v) =>
    s.allocator.createBuffer(bufferOf(64, { pNext: next(v) })),
  ),
  ...forWideBigints("a chain of an image", (s, v) => s.allocator.createImage(imageOf(4, { pNext: next(v) }))),
  ...forWideBigints("a chain of an alias", (s, v) =>
    s.allocator.createAliasingBuffer(s.onDevice, bufferOf(64, { pNext: next(v) })),
  ),
  ...forWideBigints("a chain to bind with", (s, v) =>
    s.allocator.bindBufferMemory(s.onDevice, s.buffer, 0, next(v)),
  ),
  [
    "a chain that is text",
    TypeError,
    'memoryAllocateNext must be an array, a Uint8Array or an address (bigint), got "x"',
    (s) => s.allocator.createPool({ memoryTypeIndex: 0, memoryAllocateNext: wrong("x") }),
  ],
  [
    "a number in a chain",
    TypeError,
    "an item of memoryAllocateNext must be an object, an address or encoded bytes, got 5",
    (s) => s.allocator.allocateDedicatedMemory(bytes(64), { memoryAllocateNext: wrong([5]) }),
  ],
  [
    "a host pointer off the alignment",
    RangeError,
    "hostPointer must be a multiple of minImportedHostPointerAlignment 4096, got 0x10040",
    (s) => s.allocator.importMemory({ hostPointer: 0x10040n }, bytes(4096)),
  ],
  [
    "a host pointer's size off the alignment",
    RangeError,
    "the size of memory at a host pointer must be a multiple of minImportedHostPointerAlignment 4096, got 5000",
    (s) => s.allocator.importMemory({ hostPointer: 0x10000n }, bytes(5000)),
  ],
  ...(["SparseBinding", "SparseResidency", "SparseAliased"] as const).flatMap((name): Case[] => [
    [
      `a buffer with ${name}`,
      VulkanError,
      `sparse resources are not supported: flags has BufferCreate.${name}`,
      (s) => s.allocator.createBuffer(bufferOf(64, { flags: BufferCreate[name] })),
    ],
    [
      `an aliasing image with ${name}`,
      VulkanError,
      Result.ErrorFeatureNotPresent,
      (s) => s.allocator.createAliasingImage(s.onDevice, imageOf(4, { flags: ImageCreate[name] })),
    ],
    [
      `a dry run of an image with ${name}`,
      VulkanError,
      `sparse resources are not supported: flags has ImageCreate.${name}`,
      (s) => s.allocator.wouldAllocate({ image: imageOf(4, { flags: ImageCreate[name] }) }),
    ],
  ]),
];

const handles: Case[] = [
  ...forBadAllocations("map", (s, a) => s.allocator.mapMemory(a)),
  ...forBadAllocations("unmap", (s, a) => s.allocator.unmapMemory(a)),
  ...forBadAllocations("flush", (s, a) => s.allocator.flushAllocation(a)),
  ...forBadAllocations("invalidate", (s, a) => s.allocator.invalidateAllocation(a)),
  ...forBadAllocations("flush after a right one", (s, a) =>
    s.allocator.flushAllocations([{ allocation: s.mapped }, { allocation: a }]),
  ),
  ...forBadAllocations("copy to", (s, a) => s.allocator.copyMemoryToAllocation(new Uint8Array(1), a)),
  ...forBadAllocations("copy from", (s, a) => s.allocator.copyAllocationToMemory(a, new Uint8Array(1))),
  ...forBadAllocations("info of", (s, a) => s.allocator.getAllocationInfo(a)),
  ...forBadAllocations("name", (s, a) => s.allocator.setAllocationName(a, "x")),
  ...forBadAllocations("set the priority of", (s, a) => s.allocator.setAllocationPriority(a, 1)),
  ...forBadAllocations("attach to", (s, a) => s.allocator.setAllocationUserData(a, 1)),
  ...forBadAllocations("properties of", (s, a) => s.allocator.getAllocationMemoryProperties(a)),
  ...forBadAllocations("bind a buffer to", (s, a) => s.allocator.bindBufferMemory(a, s.buffer)),
  ...forBadAllocations("bind an image to", (s, a) =>
    s.allocator.bindImageMemory(a, s.buffer as bigint as Image),
  ),
  ...forBadAllocations("a buffer in", (s, a) => s.allocator.createAliasingBuffer(a, bufferOf(1))),
  ...forBadAllocations("an image in", (s, a) => s.allocator.createAliasingImage(a, imageOf(1))),
  ...forBadAllocations("export", (s, a) => s.allocator.getMemoryFd(a, 1)),
  ...forBadAllocations("export a handle of", (s, a) => s.allocator.getMemoryWin32Handle(a, 2)),
  ...forBadAllocations("free", (s, a) => s.allocator.freeMemory(a), true),
  ...forBadAllocations("free among others", (s, a) => s.allocator.freeMemoryPages([s.held, a]), true),
  ...forBadAllocations("destroy a buffer and", (s, a) => s.allocator.destroyBuffer(s.buffer, a), true),
  ...forBadAllocations("destroy an image and", (s, a) => s.allocator.destroyImage(1n as Image, a), true),
  [
    "free one twice at once",
    TypeError,
    'allocation "held" is in the list twice',
    (s) => s.allocator.freeMemoryPages([s.held, s.held]),
  ],
  [
    "destroy a freed one",
    TypeError,
    'allocation "freed" is used after it was freed',
    (s) => s.freed.destroy(),
  ],
  ["map a freed one", TypeError, 'allocation "freed" is used after it was freed', (s) => s.freed.map()],
  [
    "write to a freed one",
    TypeError,
    'allocation "freed" is used after it was freed',
    (s) => s.freed.write(new Uint8Array(1)),
  ],
  ["read a freed one", TypeError, 'allocation "freed" is used after it was freed', (s) => s.freed.read(0, 1)],
  [
    "the size of a freed one",
    TypeError,
    'allocation "freed" is used after it was freed',
    (s) => s.freed.size,
  ],
  [
    "the offset of a freed one",
    TypeError,
    'allocation "freed" is used after it was freed',
    (s) => s.freed.offset,
  ],
  [
    "the memory of a freed one",
    TypeError,
    'allocation "freed" is used after it was freed',
    (s) => s.freed.deviceMemory,
  ],
  [
    "the buffer of a freed one",
    TypeError,
    'allocation "freed" is used after it was freed',
    (s) => s.freed.buffer,
  ],
  [
    "the info of a freed one",
    TypeError,
    'allocation "freed" is used after it was freed',
    (s) => s.freed.info(),
  ],
  [
    "bind no buffer",
    RangeError,
    "must not be 0n",
    (s) => s.allocator.bindBufferMemory(s.mapped, 0n as Buffer),
  ],
  [
    "bind a number",
    TypeError,
    "must be a bigint, got 5",
    (s) => s.allocator.bindBufferMemory(s.mapped, wrong(5)),
  ],
  [
    "memory for no buffer",
    RangeError,
    "buffer must not be 0n",
    (s) => s.allocator.allocateMemoryForBuffer(0n as Buffer),
  ],
  [
    "memory for undefined",
    TypeError,
    "image must be a bigint, got undefined",
    (s) => s.allocator.allocateMemoryForImage(wrong(undefined)),
  ],
  [
    "destroy a number",
    TypeError,
    "buffer must be a bigint, got 5",
    (s) => s.allocator.destroyBuffer(wrong(5), s.mapped),
  ],
  [
    "destroy an allocation",
    TypeError,
    "buffer must be a bigint, got [object Allocation]",
    (s) => s.allocator.destroyBuffer(wrong(s.mapped)),
  ],
  [
    "destroy a text",
    TypeError,
    'image must be a bigint, got "image"',
    (s) => s.allocator.destroyImage(wrong("image")),
  ],
  ...forBadPools("allocate from", (s, pool) => s.allocator.allocateMemory(bytes(1, Type.Host), { pool })),
  ...forBadPools("a buffer from", (s, pool) => s.allocator.createBuffer(bufferOf(64), { pool })),
  ...forBadPools("destroy", (s, pool) => s.allocator.destroyPool(pool), true),
  ...forBadPools("statistics of", (s, pool) => s.allocator.getPoolStatistics(pool)),
  ...forBadPools("detailed statistics of", (s, pool) => s.allocator.calculatePoolStatistics(pool)),
  ...forBadPools("the name of", (s, pool) => s.allocator.getPoolName(pool)),
  ...forBadPools("rename", (s, pool) => s.allocator.setPoolName(pool, "x")),
  ...forBadPools("check", (s, pool) => s.allocator.checkPoolCorruption(pool)),
  ...forBadPools("defragment", (s, pool) => s.allocator.beginDefragmentation({ pool })),
  [
    "destroy a pool twice",
    TypeError,
    '"gone" is used after it was destroyed',
    (s) => s.destroyedPool.destroy(),
  ],
  ["destroy a pool that is not empty", LeakError, '"held"', (s) => s.allocator.destroyPool(s.pool)],
  [
    "destroy an allocator that is not empty",
    LeakError,
    "4 allocations and 4 pools are alive",
    (s) => s.allocator.destroy(),
  ],
  [
    "defragment a linear pool",
    VulkanError,
    "cannot be defragmented",
    (s) => s.allocator.beginDefragmentation({ pool: s.linearPool }),
  ],
];

const ranges: Case[] = [
  [
    "map what is not HostVisible",
    VulkanError,
    "memory type 0, which is not HostVisible",
    (s) => s.allocator.mapMemory(s.onDevice),
  ],
  [
    "map what was not made for it",
    TypeError,
    'allocation "unmappable" cannot be mapped',
    (s) => s.unmappable.map(),
  ],
  [
    "write to what was not made for it",
    TypeError,
    'allocation "unmappable" cannot be mapped',
    (s) => s.unmappable.write(new Uint8Array(1)),
  ],
  [
    "read from what is not HostVisible",
    VulkanError,
    Result.ErrorMemoryMapFailed,
    (s) => s.onDevice.read(0, 1),
  ],
  [
    "unmap what is not mapped",
    TypeError,
    "was unmapped more often than mapped",
    (s) => s.allocator.unmapMemory(s.held),
  ],
  [
    "unmap a persistent mapping",
    TypeError,
    'allocation "mapped" was unmapped more often',
    (s) => s.allocator.unmapMemory(s.mapped),
  ],
  [
    "flush from beyond the end",
    RangeError,
    "offset must be an integer from 0 to 1024, got 1025",
    (s) => s.allocator.flushAllocation(s.mapped, 1025),
  ],
  [
    "flush beyond the end",
    RangeError,
    "25 bytes from offset 1000 on end at 1025, beyond the 1024 bytes",
    (s) => s.allocator.flushAllocation(s.mapped, 1000, 25),
  ],
  [
    "invalidate beyond the end",
    RangeError,
    "25 bytes from offset 1000 on end at 1025",
    (s) =>
      s.allocator.invalidateAllocations([
        { allocation: s.held },
        { allocation: s.mapped, offset: 1000, size: 25 },
      ]),
  ],
  [
    "write beyond the end",
    RangeError,
    "25 bytes from offset 1000 on end at 1025",
    (s) => s.mapped.write(new Uint8Array(25), 1000),
  ],
  [
    "read beyond the end",
    RangeError,
    "25 bytes from offset 1000 on end at 1025",
    (s) => s.mapped.read(1000, 25),
  ],
  ["read from beyond the end", RangeError, "from 0 to 1024, got 1025", (s) => s.mapped.read(1025)],
  [
    "copy beyond the end",
    RangeError,
    "1024 bytes from offset 1 on end at 1025",
    (s) => s.allocator.copyAllocationToMemory(s.mapped, new Uint8Array(1024), 1),
  ],
  [
    "bind from beyond the end",
    RangeError,
    "from 0 to 5000, got 5001",
    (s) => s.allocator.bindBufferMemory(s.onDevice, s.buffer, 5001),
  ],
  [
    "alias from beyond the end",
    RangeError,
    "from 0 to 5000, got 5001",
    (s) => s.allocator.createAliasingBuffer(s.onDevice, bufferOf(1), 5001),
  ],
  [
    "alias beyond the end",
    RangeError,
    "5000 bytes",
    (s) => s.allocator.createAliasingBuffer(s.onDevice, bufferOf(5001)),
  ],
  [
    "alias with an image beyond the end",
    RangeError,
    'the image needs 65536 bytes from offset 0, allocation "device" has 5000 bytes',
    (s) => withDriverCalls(s, () => s.allocator.createAliasingImage(s.onDevice, imageOf(128))),
  ],
  [
    "alias with an image that cannot live there",
    RangeError,
    'the image needs a memory type of 0x9, allocation "held" has memory type 1',
    (s) => withDriverCalls(s, () => s.allocator.createAliasingImage(s.held, imageOf(1))),
  ],
  [
    "bind beyond the end",
    RangeError,
    "the buffer needs 1024 bytes from offset 4096",
    (s) => withDriverCalls(s, () => s.allocator.bindBufferMemory(s.onDevice, s.buffer, 4096)),
  ],
  [
    "alias beyond the end from the middle",
    RangeError,
    "5000 bytes",
    (s) => s.allocator.createAliasingBuffer(s.onDevice, bufferOf(1001), 4000),
  ],
];

describeMisuse([
  ["addresses and chains", addresses],
  ["handles", handles],
  ["ranges and mappings", ranges],
]);
