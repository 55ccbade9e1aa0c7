/** Devices to simulate, from what other tools write of real ones. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { findProfiles, readProfiles } from "../../src/cli/profiles/index.ts";
import { requireVulkan } from "../helpers/vulkan.ts";

const folder = mkdtempSync(join(tmpdir(), "vma-ts-profiles-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** As vulkaninfo prints two GPUs, as far as it matters. */
const TEXT = `
Layers: count = 1
VK_LAYER_EXAMPLE (an example) Vulkan version 1.3.230, layer version 1:
	Devices: count = 2
		GPU id = 0 (Card, the first)
		GPU id = 1 (Chip)

Device Properties and Extensions:
=================================
GPU0:
VkPhysicalDeviceProperties:
---------------------------
	apiVersion        = 1.3.230 (4206822)
	vendorID          = 0x1002
	deviceType        = PHYSICAL_DEVICE_TYPE_DISCRETE_GPU
	deviceName        = Card, the first

VkPhysicalDeviceLimits:
-----------------------
	maxMemoryAllocationCount                        = 4096
	bufferImageGranularity                          = 0x00000001
	nonCoherentAtomSize                             = 0x00000080

VkPhysicalDeviceVulkan11Properties:
-----------------------------------
	maxMemoryAllocationSize           = 0xffffffffffffffff

Device Extensions: count = 2
	VK_EXT_memory_budget                   : extension revision 1
	VK_EXT_not_of_ours                     : extension revision 1

VkPhysicalDeviceMemoryProperties:
=================================
memoryHeaps: count = 2
	memoryHeaps[0]:
		size   = 17163091968 (0x3ff000000) (15.98 GiB)
		budget = 16000000000 (0x3b9aca000) (14.90 GiB)
		usage  = 0 (0x00000000) (0.00 B)
		flags: count = 2
			MEMORY_HEAP_DEVICE_LOCAL_BIT
			MEMORY_HEAP_MULTI_INSTANCE_BIT
	memoryHeaps[1]:
		size   = 8589934592 (0x200000000) (8.00 GiB)
		flags:
			None
memoryTypes: count = 2
	memoryTypes[0]:
		heapIndex     = 0
		propertyFlags = 0x0001: count = 1
			MEMORY_PROPERTY_DEVICE_LOCAL_BIT
		usable for:
			IMAGE_TILING_OPTIMAL:
				color images
	memoryTypes[1]:
		heapIndex     = 1
		propertyFlags = 0x00c6: count = 4
			MEMORY_PROPERTY_HOST_VISIBLE_BIT

GPU1:
VkPhysicalDeviceProperties:
---------------------------
	apiVersion     = 4198487 (1.1.87)
	deviceType     = INTEGRATED_GPU
	deviceName     = Chip
memoryHeaps: count = 1
	memoryHeaps[0]:
		size = 3221225472 (0xc0000000) (3.00 GiB)
		flags: count = 1
			MEMORY_HEAP_DEVICE_LOCAL_BIT
memoryTypes: count = 1
	memoryTypes[0]:
		heapIndex     = 0
		propertyFlags = 0xf:
			MEMORY_PROPERTY_DEVICE_LOCAL_BIT
`;

const CARD = {
  name: "Card, the first",
  deviceType: 2,
  vendorID: 0x1002,
  extensions: ["VK_EXT_memory_budget"],
  limits: { bufferImageGranularity: 1, nonCoherentAtomSize: 128, maxMemoryAllocationCount: 4096 },
  memoryHeaps: [
    { size: 17163091968, flags: 3 },
    { size: 8589934592, flags: 0 },
  ],
  memoryTypes: [
    { propertyFlags: 1, heapIndex: 0 },
    { propertyFlags: 0xc6, heapIndex: 1 },
  ],
};

describe("what vulkaninfo prints", () => {
  it("has a device for each GPU", () => {
    const [card, chip, ...rest] = findProfiles(write("gpu.txt", TEXT));
    expect(rest).toEqual([]);
    expect(card).toMatchObject({ ...CARD, apiVersion: 4206822 });
    expect(card!.limits!.maxMemoryAllocationSize).toBe(Number.POSITIVE_INFINITY);
    expect(chip).toMatchObject({
      name: "Chip",
      deviceType: 1,
      memoryHeaps: [{ size: 3 * 2 ** 30, flags: 1 }],
      memoryTypes: [{ propertyFlags: 15, heapIndex: 0 }],
    });
  });

  it("is read from PowerShell's UTF-16 and from the page, too", () => {
    const wide = Buffer.from(`\ufeff${TEXT.replaceAll("\n", "\r\n")}`, "utf16le");
    const page = TEXT.replaceAll(/= (.*)/g, "= <span class='val'>$1</span>").replaceAll(
      "GPU0:",
      "<b>GPU0</b>",
    );
    for (const path of [write("wide.txt", wide), write("gpu.html", `<!doctype html>\n${page}`)]) {
      expect(findProfiles(path)[0]).toMatchObject(CARD);
    }
  });

  const said = spawnSync("vulkaninfo", [], { encoding: "utf8", cwd: folder });
  it.skipIf(said.error !== undefined && !requireVulkan)(
    "is read as this machine's vulkaninfo prints it",
    () => {
      const [device] = findProfiles(write("this.txt", said.stdout));
      const name = /deviceName\s*= (.*\S)/.exec(said.stdout)![1];
      const size = Number(/memoryHeaps\[0\]:\s*size\s*= (\d+)/.exec(said.stdout)![1]);
      expect(device).toMatchObject({ name });
      expect(device!.memoryHeaps[0]!.size).toBe(size);
    },
  );
});

describe("reports of Vulkan Hardware Capability Viewer", () => {
  it("are read", () => {
    const path = join(import.meta.dirname, "devices/llvmpipe.capsviewer.json");
    expect(findProfiles(path)).toEqual([
      expect.objectContaining({
        name: "llvmpipe (LLVM 15.0.6, 256 bits)",
        deviceType: 4,
        apiVersion: 4206822,
        vendorID: 0x10005,
        memoryHeaps: [{ size: 2 ** 31, flags: 1 }],
        memoryTypes: [{ propertyFlags: 15, heapIndex: 0 }],
        limits: expect.objectContaining({
          bufferImageGranularity: 64,
          nonCoherentAtomSize: 64,
          maxMemoryAllocationCount: 4294967295,
          maxMemoryAllocationSize: 2 ** 31,
        }),
      }),
    ]);
    expect(findProfiles(path)[0]!.extensions).toContain("VK_KHR_maintenance4");
    expect(readFileSync(path, "utf8")).not.toContain("VK_EXT_memory_budget");
    expect(findProfiles(path)[0]!.extensions).not.toContain("VK_EXT_memory_budget");
  });
});

describe("other JSON", () => {
  const memory = {
    memoryHeaps: [{ size: 8 * 2 ** 30, flags: ["VK_MEMORY_HEAP_DEVICE_LOCAL_BIT"] }],
    memoryTypes: [
      {
        propertyFlags: ["VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT", "VK_MEMORY_PROPERTY_DEVICE_COHERENT_BIT_AMD"],
        heapIndex: 0,
      },
    ],
  };

  it("may name flags, as vulkaninfo before Vulkan profiles could", () => {
    const json = {
      VkPhysicalDeviceProperties: { deviceName: "card" },
      VkPhysicalDeviceMemoryProperties: memory,
    };
    expect(readProfiles(JSON.stringify(json))).toMatchObject([
      { name: "card", memoryHeaps: [{ flags: 1 }], memoryTypes: [{ propertyFlags: 0x41 }] },
    ]);
  });

  it("that cannot be read is refused with what to take instead", () => {
    const profile = { capabilities: { device: { properties: {} } }, profiles: {} };
    expect(readProfiles(JSON.stringify(profile))).toMatch(/Vulkan profile.*without --json/);
    const broken = { memoryHeaps: [{ size: -1 }], memoryTypes: [{ heapIndex: 3 }] };
    for (const json of [broken, [], {}])
      expect(readProfiles(JSON.stringify(json))).toMatch(/no memory heaps/);
    expect(readProfiles("{ nonsense")).toMatch(/cannot be read as JSON/);
    expect(readProfiles("hello")).toMatch(/not a report of a device/);
    expect(() => findProfiles("voodoo")).toThrow(
      /voodoo is neither a device's name \(lavapipe, .*no such file/,
    );
    expect(() => findProfiles(folder)).toThrow(/EISDIR/);
  });
});
