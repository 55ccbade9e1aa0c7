/** Devices to simulate: by name, or from what other tools write of a real one. */

import { readFileSync } from "node:fs";
import { type ProfileDescription, profiles } from "../../simulator/index.ts";
import { UserError } from "../output.ts";
import { readProfile } from "./json.ts";
import { devicesOfVulkaninfo } from "./text.ts";

/** The devices that a name or a file stands for; a file of vulkaninfo may have several. */
export function findProfiles(name: string): ProfileDescription[] {
  if (Object.hasOwn(profiles, name)) return [profiles[name]!];
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(name);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "there is no such file" : message;
    throw new UserError(
      `${name} is neither a device's name (${Object.keys(profiles).join(", ")}) nor a report of one: ${why}`,
    );
  }
  const found = readProfiles(decode(bytes));
  if (typeof found === "string") throw new UserError(`${name} ${found}`);
  return found;
}

/** The devices in a file's text, or what is wrong with it. */
export function readProfiles(text: string): ProfileDescription[] | string {
  const isJson = /^\s*[{[]/.test(text);
  if (!isJson) {
    const devices = devicesOfVulkaninfo(text).map(readProfile);
    const read = devices.filter((device) => device !== undefined);
    if (read.length > 0) return read;
    return "is not a report of a device: take what vulkaninfo prints, or a report of Vulkan Hardware Capability Viewer";
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return `cannot be read as JSON: ${(error as Error).message}`;
  }
  const profile = readProfile(json);
  if (profile !== undefined) return [profile];
  if (isVulkanProfile(json)) {
    return (
      "is a Vulkan profile, as vulkaninfo --json writes it: these have no memory heaps. " +
      "Take what vulkaninfo prints without --json (vulkaninfo > gpu.txt)"
    );
  }
  return "contains no memory heaps and types: take a report of Vulkan Hardware Capability Viewer, or what vulkaninfo prints";
}

function isVulkanProfile(json: unknown): boolean {
  return typeof json === "object" && json !== null && "capabilities" in json && "profiles" in json;
}

/** Text as UTF-8, or as UTF-16, which PowerShell writes where output goes to a file. */
function decode(bytes: Uint8Array): string {
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : "utf-8";
  return new TextDecoder(encoding).decode(bytes);
}
