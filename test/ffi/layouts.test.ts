/**
 * Every structure as this library lays it out, against the C compiler's word: a C program that includes
 * the Vulkan headers prints sizes, offsets and structure types, one line each. It is skipped where there is no
 * compiler or no headers; with the environment variable VMA_TS_REQUIRE_HEADERS=1 it fails there instead.
 */

import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { layouts } from "../../src/ffi/layout.ts";
import { type StructName, structs, structureTypes } from "../../src/ffi/structs.ts";

const names = Object.keys(structs) as StructName[];

/** Structures younger than some headers still in use, as the Vulkan specification writes them. */
const younger = `
#ifndef VK_KHR_maintenance5
typedef struct { VkStructureType sType; void* pNext; VkBool32 maintenance5; } VkPhysicalDeviceMaintenance5FeaturesKHR;
typedef struct { VkStructureType sType; const void* pNext; VkFlags64 usage; } VkBufferUsageFlags2CreateInfoKHR;
#define VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_5_FEATURES_KHR 1000470000
#define VK_STRUCTURE_TYPE_BUFFER_USAGE_FLAGS_2_CREATE_INFO_KHR 1000470006
#endif
#ifndef VK_EXT_zero_initialize_device_memory
typedef struct { VkStructureType sType; void* pNext; VkBool32 zeroInitializeDeviceMemory; } VkPhysicalDeviceZeroInitializeDeviceMemoryFeaturesEXT;
#define VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ZERO_INITIALIZE_DEVICE_MEMORY_FEATURES_EXT 1000620000
#endif
#ifndef VK_KHR_map_memory2
typedef struct { VkStructureType sType; const void* pNext; VkFlags flags; VkDeviceMemory memory; VkDeviceSize offset, size; } VkMemoryMapInfo;
typedef struct { VkStructureType sType; const void* pNext; VkFlags flags; VkDeviceMemory memory; } VkMemoryUnmapInfo;
#define VK_STRUCTURE_TYPE_MEMORY_MAP_INFO 1000271000
#define VK_STRUCTURE_TYPE_MEMORY_UNMAP_INFO 1000271001
#elif !defined(VK_API_VERSION_1_4)
#define VkMemoryMapInfo VkMemoryMapInfoKHR
#define VkMemoryUnmapInfo VkMemoryUnmapInfoKHR
#define VK_STRUCTURE_TYPE_MEMORY_MAP_INFO VK_STRUCTURE_TYPE_MEMORY_MAP_INFO_KHR
#define VK_STRUCTURE_TYPE_MEMORY_UNMAP_INFO VK_STRUCTURE_TYPE_MEMORY_UNMAP_INFO_KHR
#endif
#ifndef VK_EXT_map_memory_placed
typedef struct { VkStructureType sType; void* pNext; VkBool32 memoryMapPlaced, memoryMapRangePlaced, memoryUnmapReserve; } VkPhysicalDeviceMapMemoryPlacedFeaturesEXT;
typedef struct { VkStructureType sType; void* pNext; VkDeviceSize minPlacedMemoryMapAlignment; } VkPhysicalDeviceMapMemoryPlacedPropertiesEXT;
typedef struct { VkStructureType sType; const void* pNext; void* pPlacedAddress; } VkMemoryMapPlacedInfoEXT;
#define VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAP_MEMORY_PLACED_FEATURES_EXT 1000272000
#define VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAP_MEMORY_PLACED_PROPERTIES_EXT 1000272001
#define VK_STRUCTURE_TYPE_MEMORY_MAP_PLACED_INFO_EXT 1000272002
#endif
#ifndef VK_API_VERSION_1_4
typedef struct { VkStructureType sType; void* pNext; VkBool32 globalPriorityQuery, shaderSubgroupRotate, shaderSubgroupRotateClustered, shaderFloatControls2, shaderExpectAssume, rectangularLines, bresenhamLines, smoothLines, stippledRectangularLines, stippledBresenhamLines, stippledSmoothLines, vertexAttributeInstanceRateDivisor, vertexAttributeInstanceRateZeroDivisor, indexTypeUint8, dynamicRenderingLocalRead, maintenance5, maintenance6, pipelineProtectedAccess, pipelineRobustness, hostImageCopy, pushDescriptor; } VkPhysicalDeviceVulkan14Features;
#define VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_4_FEATURES 55
#endif`;

/** What vulkan_win32.h needs of windows.h, with the sizes that Windows gives it. */
const windowsHeader = `
typedef void* HANDLE; typedef void* HINSTANCE; typedef void* HWND; typedef void* HMONITOR;
typedef const unsigned short* LPCWSTR; typedef unsigned int DWORD;
typedef struct _SECURITY_ATTRIBUTES SECURITY_ATTRIBUTES;`;

/** VkFooBar2InfoKHR is of VK_STRUCTURE_TYPE_FOO_BAR_2_INFO_KHR. */
function structureTypeName(name: string): string {
  const words = name.slice(2).replace(/(?<=[a-z\d])(?=[A-Z])|(?<=[a-z])(?=\d)/g, "_");
  return `VK_STRUCTURE_TYPE_${words
    .toUpperCase()
    .replace("WIN_32", "WIN32")
    .replace(/_VULKAN_1(\d)_/, "_VULKAN_1_$1_")}`;
}

function program(): string {
  const lines = names.flatMap((name) => [
    `  printf("${name} size %zu\\n", sizeof(${name}));`,
    ...layouts[name].fields.map(
      ({ name: field }) =>
        `  printf("${name}.${field} %zu %zu\\n", offsetof(${name}, ${field}), sizeof(((${name}*)0)->${field}));`,
    ),
    ...(structureTypes[name] === undefined
      ? []
      : [`  printf("${name} type %d\\n", (int)${structureTypeName(name)});`]),
  ]);
  return `#include <stddef.h>\n#include <stdio.h>\n#define VK_USE_PLATFORM_WIN32_KHR\n#include <vulkan/vulkan.h>\n${younger}\nint main(void) {\n${lines.join("\n")}\n  return 0;\n}\n`;
}

function ourWord(): string[] {
  return names.flatMap((name) => [
    `${name} size ${layouts[name].size}`,
    ...layouts[name].fields.map((field) => `${name}.${field.name} ${field.offset} ${field.size}`),
    ...(structureTypes[name] === undefined ? [] : [`${name} type ${structureTypes[name]}`]),
  ]);
}

function findCompiler(): string | undefined {
  return ["cc", "gcc", "clang", "g++"].find((name) => {
    try {
      execFileSync(name, ["--version"], { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  });
}

function compilersWord(compiler: string): string[] {
  const directory = mkdtempSync(join(tmpdir(), "vma-ts-layouts-"));
  try {
    const source = join(directory, compiler.endsWith("++") ? "layouts.cpp" : "layouts.c");
    writeFileSync(source, program());
    writeFileSync(join(directory, "windows.h"), windowsHeader);
    const binary = join(directory, "layouts");
    execFileSync(compiler, ["-I", directory, "-o", binary, source], { stdio: ["ignore", "ignore", "pipe"] });
    return execFileSync(binary, { encoding: "utf8" }).trimEnd().split("\n");
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const compiler = findCompiler();
const headers = ["/usr/include", "/usr/local/include", "/opt/homebrew/include"].some((directory) =>
  existsSync(join(directory, "vulkan/vulkan.h")),
);
const absence =
  compiler === undefined
    ? "no C compiler"
    : headers
      ? undefined
      : "no Vulkan headers (apt install libvulkan-dev)";

describe("structure layouts", () => {
  const name = "are those of the C compiler and the Vulkan headers";
  if (absence !== undefined && process.env.VMA_TS_REQUIRE_HEADERS !== "1") {
    it.skip(`${name} (skipped: ${absence})`, () => {});
    return;
  }
  it(name, () => {
    if (absence !== undefined) expect.fail(`${absence}, and VMA_TS_REQUIRE_HEADERS=1`);
    const theirs = compilersWord(compiler!);
    expect(theirs.length).toBeGreaterThan(names.length);
    expect(ourWord()).toEqual(theirs);
  });

  it("know the structure type of every structure that begins with one", () => {
    const typed = names.filter((name) => "sType" in structs[name]);
    expect(Object.keys(structureTypes).sort()).toEqual(typed.sort());
  });
});
