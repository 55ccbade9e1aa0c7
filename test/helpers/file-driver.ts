/**
 * The two calls of a driver that map memory at places (VK_EXT_map_memory_placed), over real pages: memory objects are files in
 * memory, mapped where the library says. For tests of what the library and the engine make of it.
 */

import { expect } from "vitest";
import type { DeviceFunctions } from "../../src/ffi/index.ts";
import { layouts } from "../../src/ffi/layout.ts";
import { structureTypes } from "../../src/ffi/structs.ts";
import { copyOf, libc, native } from "./native.ts";

const MINUS_ONE = 0xffff_ffff_ffff_ffffn;

/** PROT_NONE, PROT_READ | PROT_WRITE */
export const Access = { None: 0n, ReadWrite: 3n } as const;
/** MAP_PRIVATE | MAP_ANONYMOUS, MAP_SHARED | MAP_ANONYMOUS, MAP_SHARED, of Linux. */
export const Sharing = { OwnPages: 0x22n, SharedPages: 0x21n, File: 0x1n } as const;
const MAP_FIXED = 0x10n;

/** mmap: where. */
export function mmap(
  address: bigint,
  size: number,
  access: bigint,
  sharing: bigint,
  fd: bigint = MINUS_ONE,
): bigint {
  return BigInt(libc("mmap", "pnnnnn>a", address, BigInt(size), access, sharing, fd, 0n));
}

/** A driver whose memory objects are files in memory; each has `size` bytes. */
export class FileDriver {
  readonly size: number;
  /** What the next calls say in place of success. */
  result = 0;
  readonly #files = new Map<bigint, { readonly fd: bigint; readonly bytes: Uint8Array; address: bigint }>();

  constructor(size: number) {
    this.size = size;
  }

  /** A memory object's bytes as the device has them. It is made when it is first asked for. */
  allocate(handle: bigint): Uint8Array {
    const known = this.#files.get(handle);
    if (known !== undefined) return known.bytes;
    const name = new TextEncoder().encode("device\0");
    const fd = BigInt(libc("memfd_create", "pn>r", native.addressOf(name), 0n));
    libc("ftruncate", "nn>r", fd, BigInt(this.size));
    const bytes = new Uint8Array(
      native.view(mmap(0n, this.size, Access.ReadWrite, Sharing.File, fd), this.size),
    );
    this.#files.set(handle, { fd, bytes, address: 0n });
    return bytes;
  }

  free(handle: bigint): void {
    libc("close", "n>r", this.#files.get(handle)!.fd);
    this.#files.delete(handle);
  }

  /** The functions that the library calls. */
  get functions(): DeviceFunctions {
    const functions: Pick<DeviceFunctions, "vkMapMemory2" | "vkUnmapMemory2"> = {
      vkMapMemory2: (_device, info, out) => this.#map(BigInt(info!), BigInt(out!)),
      vkUnmapMemory2: (_device, info) => this.#unmap(BigInt(info!)),
    };
    return functions as DeviceFunctions;
  }

  #map(info: bigint, out: bigint): number {
    if (this.result < 0) return this.result;
    const { size, offsets } = layouts.VkMemoryMapInfo;
    const given = copyOf(info, size);
    const placed = copyOf(given.getBigUint64(8, true), layouts.VkMemoryMapPlacedInfoEXT.size);
    expect(given.getUint32(0, true)).toBe(structureTypes.VkMemoryMapInfo);
    expect(placed.getUint32(0, true)).toBe(structureTypes.VkMemoryMapPlacedInfoEXT);
    expect(given.getUint32(offsets.flags, true)).toBe(1);
    expect(given.getBigUint64(offsets.offset, true)).toBe(0n);
    expect(given.getBigUint64(offsets.size, true)).toBe(MINUS_ONE);
    const handle = given.getBigUint64(offsets.memory, true);
    this.allocate(handle);
    const file = this.#files.get(handle)!;
    file.address = placed.getBigUint64(layouts.VkMemoryMapPlacedInfoEXT.offsets.pPlacedAddress, true);
    expect(mmap(file.address, this.size, Access.ReadWrite, Sharing.File | MAP_FIXED, file.fd)).toBe(
      file.address,
    );
    native.write(out, new Uint8Array(new BigUint64Array([file.address]).buffer));
    return 0;
  }

  #unmap(info: bigint): number {
    if (this.result < 0) return this.result;
    const given = copyOf(info, layouts.VkMemoryUnmapInfo.size);
    expect(given.getUint32(0, true)).toBe(structureTypes.VkMemoryUnmapInfo);
    expect(given.getUint32(layouts.VkMemoryUnmapInfo.offsets.flags, true)).toBe(1);
    const file = this.#files.get(given.getBigUint64(layouts.VkMemoryUnmapInfo.offsets.memory, true))!;
    mmap(file.address, this.size, Access.None, Sharing.OwnPages | MAP_FIXED);
    return 0;
  }
}
