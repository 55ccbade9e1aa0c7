/**
 * The process that simulated devices run in: its file descriptors, Win32 handles and addresses. Devices with the same host can
 * import what the others export.
 */

import { alignUp } from "../foundation/bits.ts";
import { checkInteger, checkSize } from "../foundation/check.ts";
import { showAs } from "../foundation/inspect.ts";
import { ExternalMemoryHandleType } from "../vulkan/constants.ts";
import type { SharedMemory } from "../vulkan/placed.ts";
import type { MemoryObject } from "./objects.ts";
import { Payload } from "./payload.ts";

/** What an external handle refers to. */
export interface ExternalHandle {
  readonly payload: Payload;
  /** One {@link ExternalMemoryHandleType}. */
  readonly handleType: ExternalMemoryHandleType;
  /** The memory type it was allocated from; -1: made outside Vulkan. */
  readonly memoryTypeIndex: number;
  /** Whether it was allocated for one buffer or image. */
  readonly dedicated: boolean;
}

interface HostRange {
  readonly address: number;
  readonly bytes: Uint8Array;
}

const PAGE = 65536;

/** A simulated process. */
export class SimulatedHost {
  readonly #descriptors = new Map<number, ExternalHandle>();
  readonly #handles = new Map<bigint, ExternalHandle>();
  /** Handles of other processes, by their values here. */
  readonly #processes = new Map<bigint, SimulatedHost>();
  readonly #ranges: HostRange[] = [];
  /** @internal The memory objects that are mapped at places chosen by the program. */
  readonly placed: Set<MemoryObject> = new Set();
  /** Where shared memories are. */
  readonly #shared = new WeakMap<SharedMemory, number>();
  #lastDescriptor = 99;
  #lastHandle = 0x1000n;
  #nextAddress = 0x10_0000_0000;

  /** The descriptors that are open: exported and neither imported nor closed. */
  get openDescriptors(): readonly number[] {
    return [...this.#descriptors.keys()];
  }

  /** The Win32 handles that are open. */
  get openWin32Handles(): readonly bigint[] {
    return [...this.#handles.keys()];
  }

  /** Reserves addresses for `size` bytes, aligned to 64 KiB. */
  reserveAddresses(size: number): number {
    const address = this.#nextAddress;
    this.#nextAddress += alignUp(size, PAGE) + PAGE;
    return address;
  }

  /** Puts `bytes` at an address of the simulated process, for import as a host pointer. */
  registerHostMemory(bytes: Uint8Array): bigint {
    checkSize(bytes.length, "the length of the host memory");
    const address = this.reserveAddresses(bytes.length);
    this.#ranges.push({ address, bytes });
    return BigInt(address);
  }

  /** `size` bytes (at least 1) of host memory at `address`; undefined if there is none. */
  findHostMemory(address: bigint, size: number): Uint8Array | undefined {
    const start = Number(address);
    const range = this.#ranges.find(
      (each) => each.address <= start && start + size <= each.address + each.bytes.length,
    );
    return range?.bytes.subarray(start - range.address, start - range.address + size);
  }

  /** @internal The address of a shared WebAssembly.Memory, with room for it to grow. */
  addressOfShared(memory: SharedMemory): number {
    let address = this.#shared.get(memory);
    if (address === undefined) {
      address = this.reserveAddresses(2 ** 32);
      this.#shared.set(memory, address);
    }
    return address;
  }

  /** A DMA-BUF of `size` bytes that was not made by Vulkan; the caller owns the descriptor. */
  createDmaBuf(size: number): number {
    checkSize(size, "size");
    return this.addDescriptor({
      payload: new Payload(size),
      handleType: ExternalMemoryHandleType.DmaBufEXT,
      memoryTypeIndex: -1,
      dedicated: false,
    });
  }

  /** close(2) on a simulated descriptor. */
  closeDescriptor(fd: number): void {
    const handle = this.#descriptors.get(checkInteger(fd, "fd"));
    if (!handle) throw new RangeError(`fd ${fd} is not open`);
    this.#descriptors.delete(fd);
    handle.payload.release();
  }

  /** CloseHandle on a simulated Win32 handle. */
  closeWin32Handle(value: bigint): void {
    const handle = this.#handles.get(value);
    if (!handle) throw new RangeError(`handle ${value} is not open`);
    this.#handles.delete(value);
    handle.payload.release();
  }

  /** OpenProcess: a handle to another simulated process, to duplicate handles into it. */
  openProcess(other: SimulatedHost): bigint {
    this.#lastHandle += 4n;
    this.#processes.set(this.#lastHandle, other);
    return this.#lastHandle;
  }

  /** DuplicateHandle: another handle to the same object, in this process or the one whose handle is given. */
  duplicateWin32Handle(value: bigint, targetProcess?: bigint): bigint {
    const handle = this.#handles.get(value);
    if (!handle) throw new RangeError(`handle ${value} is not open`);
    const target = targetProcess === undefined ? this : this.#processes.get(targetProcess);
    if (!target) throw new RangeError(`targetProcess ${targetProcess} is not the handle of a process`);
    handle.payload.retain();
    return target.addWin32Handle(handle);
  }

  /** @internal A new descriptor, which takes over one ownership of the payload. */
  addDescriptor(handle: ExternalHandle): number {
    this.#descriptors.set(++this.#lastDescriptor, handle);
    return this.#lastDescriptor;
  }

  /** @internal A new Win32 handle, which takes over one ownership of the payload. */
  addWin32Handle(handle: ExternalHandle): bigint {
    this.#lastHandle += 4n;
    this.#handles.set(this.#lastHandle, handle);
    return this.#lastHandle;
  }

  /** @internal What a descriptor refers to. */
  descriptor(fd: number): ExternalHandle | undefined {
    return this.#descriptors.get(fd);
  }

  /** @internal What a Win32 handle refers to. */
  win32Handle(value: bigint): ExternalHandle | undefined {
    return this.#handles.get(value);
  }
}

showAs(SimulatedHost, () => "SimulatedHost");
