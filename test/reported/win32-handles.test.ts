/** NT handles of memory: Vulkan gives one for each memory object and type, and every further one is a duplicate. */

import { describe, expect, it } from "vitest";
import type { NativeCalls } from "../../src/ffi/native/native-calls.ts";
import { Win32Handles } from "../../src/ffi/win32-handles.ts";
import {
  type ProfileDescription,
  profiles,
  SimulatedDevice,
  SimulatedHost,
} from "../../src/simulator/index.ts";
import { ExternalMemoryHandleType, Result, StructureType } from "../../src/vulkan/index.ts";
import { native } from "../helpers/native.ts";

const { OpaqueWin32, OpaqueWin32Kmt } = ExternalMemoryHandleType;
const profile: ProfileDescription = {
  ...profiles["amd-discrete"]!,
  extensions: ["VK_KHR_external_memory_win32"],
};

describe("the simulator's process", () => {
  it("duplicates handles into itself and into others, each to be closed by itself", () => {
    const [host, otherHost] = [new SimulatedHost(), new SimulatedHost()];
    using device = new SimulatedDevice(profile, { extensions: "all", host });
    using other = new SimulatedDevice(profile, { extensions: "all", host: otherHost });
    const info = { allocationSize: 4096, memoryTypeIndex: 0 };
    const memory = device.allocateMemory({
      ...info,
      pNext: [{ sType: StructureType.ExportMemoryAllocateInfo, handleTypes: OpaqueWin32 | OpaqueWin32Kmt }],
    });
    const handle = device.getMemoryWin32Handle(memory, OpaqueWin32);
    const here = device.duplicateWin32Handle(handle);
    const there = device.duplicateWin32Handle(handle, host.openProcess(otherHost));
    expect(host.openWin32Handles).toEqual([handle, here]);
    expect(otherHost.openWin32Handles).toEqual([there]);
    const imported = other.allocateMemory({
      ...info,
      pNext: [
        { sType: StructureType.ImportMemoryWin32HandleInfoKHR, handleType: OpaqueWin32, handle: there },
      ],
    });
    expect(() => device.duplicateWin32Handle(handle, 12345n)).toThrow(
      /targetProcess 12345 is not the handle/,
    );
    device.faults.failNext("DuplicateHandle", Result.ErrorUnknown);
    expect(() => device.duplicateWin32Handle(handle)).toThrow(/DuplicateHandle failed/);
    device.closeWin32Handle(handle);
    expect(() => device.duplicateWin32Handle(handle)).toThrow(/is not open/);
    device.closeWin32Handle(here);
    otherHost.closeWin32Handle(there);
    other.freeMemory(imported);
    device.freeMemory(memory);
    expect([...host.openWin32Handles, ...otherHost.openWin32Handles]).toEqual([]);
  });
});

describe("Windows' own functions", () => {
  /** kernel32 as far as it is called, with a note of each call. */
  function kernel32(succeeds: boolean): { calls: unknown[]; native: NativeCalls } {
    const calls: unknown[] = [];
    const functions: Record<string, (...args: (bigint | number)[]) => unknown> = {
      GetCurrentProcess: () => 2n ** 64n - 1n,
      GetLastError: () => 6,
      CloseHandle: (handle) => calls.push(["close", handle]),
      DuplicateHandle: (source, handle, target, out, access, inherit, options) => {
        calls.push(["duplicate", source, handle, target, access, inherit, options]);
        native.write(BigInt(out!), new Uint8Array(new BigUint64Array([0x44n]).buffer));
        return succeeds ? 1 : 0;
      },
    };
    const names = Object.keys(functions);
    const fake: NativeCalls = {
      ...native,
      load: (path) => {
        expect(path).toBe("kernel32.dll");
        return { find: (name) => BigInt(names.indexOf(name) + 1) };
      },
      declare: (address) => functions[names[Number(address) - 1]!] as ReturnType<NativeCalls["declare"]>,
    };
    return { calls, native: fake };
  }

  it("are called with the same access, for this process or another", () => {
    const { calls, native: fake } = kernel32(true);
    const handles = new Win32Handles(fake);
    const own = 2n ** 64n - 1n;
    expect(handles.duplicate(0x40n, undefined)).toBe(0x44n);
    expect(handles.duplicate(0x40n, 0x80n)).toBe(0x44n);
    handles.close(0x44n);
    expect(calls).toEqual([
      ["duplicate", own, 0x40n, own, 0, 0, 2],
      ["duplicate", own, 0x40n, 0x80n, 0, 0, 2],
      ["close", 0x44n],
    ]);
    expect(() => handles.duplicate(2n ** 64n, undefined)).toThrow(RangeError);
    expect(() => handles.close(-1n)).toThrow(RangeError);
  });

  it("say why they refuse", () => {
    expect(() => new Win32Handles(kernel32(false).native).duplicate(1n, undefined)).toThrow(
      expect.objectContaining({ result: Result.ErrorUnknown, message: expect.stringContaining("error 6") }),
    );
  });
});
