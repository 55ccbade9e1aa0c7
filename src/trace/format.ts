/**
 * The trace format: JSON Lines, a header first, then one operation a line. Reading checks every line, so that
 * replaying need not; what a line expects (`expect`) is never looked at here.
 */

import { quote } from "../foundation/check.ts";

/** The device of a trace: memory heaps and types, limits. */
export interface TraceProfile {
  readonly name: string;
  readonly deviceType: number;
  /** Such as "1.3.0". */
  readonly apiVersion: string;
  readonly limits: {
    readonly bufferImageGranularity: number;
    readonly nonCoherentAtomSize: number;
    readonly maxMemoryAllocationCount: number;
  };
  readonly memoryHeaps: readonly { readonly size: number; readonly flags: number }[];
  readonly memoryTypes: readonly { readonly propertyFlags: number; readonly heapIndex: number }[];
}

/** How the allocator of a trace was made. */
export interface TraceAllocator {
  readonly flags: number;
  readonly preferredLargeHeapBlockSize: number;
  readonly heapSizeLimits: readonly (number | null)[];
}

/** The first line. */
export interface TraceHeader {
  readonly format: "vma-trace";
  readonly version: 1;
  readonly name: string;
  readonly profile?: TraceProfile;
  readonly allocator?: TraceAllocator;
}

/** What the driver says of a resource. */
export interface TraceRequirements {
  readonly size: number;
  readonly alignment: number;
  readonly memoryTypeBits: number;
  readonly prefersDedicated: boolean;
  readonly requiresDedicated: boolean;
}

/** VmaAllocationCreateInfo, with a pool's number or 0. */
export interface TraceAllocation {
  readonly flags: number;
  readonly usage: number;
  readonly requiredFlags: number;
  readonly preferredFlags: number;
  readonly memoryTypeBits: number;
  readonly pool: number;
  readonly priority: number;
  readonly minAlignment: number;
}

type Kind = "number" | "requirements" | "allocation";

/** The fields of each operation. */
const operationFields = {
  createVirtualBlock: { id: "number", size: "number", flags: "number" },
  virtualAllocate: { block: "number", id: "number", size: "number", alignment: "number", flags: "number" },
  virtualFree: { block: "number", id: "number" },
  clearVirtualBlock: { block: "number" },
  calculateVirtualBlockStatistics: { block: "number" },
  createPool: {
    id: "number",
    memoryTypeIndex: "number",
    flags: "number",
    blockSize: "number",
    minBlockCount: "number",
    maxBlockCount: "number",
    priority: "number",
    minAllocationAlignment: "number",
  },
  destroyPool: { id: "number" },
  calculatePoolStatistics: { id: "number" },
  createBuffer: {
    id: "number",
    size: "number",
    usage: "number",
    requirements: "requirements",
    allocation: "allocation",
  },
  createImage: {
    id: "number",
    usage: "number",
    tiling: "number",
    requirements: "requirements",
    allocation: "allocation",
  },
  allocateMemory: { id: "number", requirements: "requirements", allocation: "allocation" },
  destroy: { id: "number" },
  map: { id: "number" },
  unmap: { id: "number" },
  flush: { id: "number", offset: "number", size: "number" },
  invalidate: { id: "number", offset: "number", size: "number" },
  findMemoryTypeIndex: { memoryTypeBits: "number", allocation: "allocation" },
  findMemoryTypeIndexForBuffer: { usage: "number", memoryTypeBits: "number", allocation: "allocation" },
  findMemoryTypeIndexForImage: {
    usage: "number",
    tiling: "number",
    memoryTypeBits: "number",
    allocation: "allocation",
  },
  calculateStatistics: {},
  getHeapBudgets: {},
  defragment: { pool: "number", flags: "number", maxBytesPerPass: "number", maxAllocationsPerPass: "number" },
  where: { id: "number" },
} as const;

interface KindTypes {
  number: number;
  requirements: TraceRequirements;
  allocation: TraceAllocation;
}
type Fields = typeof operationFields;
/** The name of an operation. */
export type OperationName = keyof Fields;
/** An operation by name. */
export type OperationOf<Name extends OperationName> = { readonly op: Name } & {
  readonly [Field in keyof Fields[Name]]: KindTypes[Fields[Name][Field] & Kind];
};
/** Any operation. */
export type Operation = { [Name in OperationName]: OperationOf<Name> }[OperationName];

/** A line of a trace that is not as the format says. */
export class TraceError extends Error {
  override readonly name = "TraceError";
  /** From 1. */
  readonly line: number;

  constructor(line: number, message: string, options?: ErrorOptions) {
    super(`line ${line}: ${message}`, options);
    this.line = line;
  }
}

/** Reads the header, which is line 1. */
export function parseHeader(text: string): TraceHeader {
  const header = parseObject(text, 1);
  if (header.format !== "vma-trace") fail(1, `format must be "vma-trace", got ${quote(header.format)}`);
  if (header.version !== 1) fail(1, `version must be 1, got ${quote(header.version)}`);
  if (typeof header.name !== "string") fail(1, `name must be a string, got ${quote(header.name)}`);
  if (header.profile !== undefined) checkProfile(header.profile);
  if (header.allocator !== undefined) checkAllocator(header.allocator);
  return header as unknown as TraceHeader;
}

/** Reads one operation. */
export function parseOperation(text: string, line: number): Operation {
  const operation = parseObject(text, line);
  const { op } = operation;
  if (typeof op !== "string" || !Object.hasOwn(operationFields, op))
    fail(line, `unknown operation ${quote(op)}`);
  const fields: Record<string, Kind> = operationFields[op as OperationName];
  for (const [field, kind] of Object.entries(fields))
    checkField(operation[field], kind, `${op}.${field}`, line);
  return operation as unknown as Operation;
}

function parseObject(text: string, line: number): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return fail(line, `not JSON: ${(error as Error).message}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return fail(line, `must be an object, got ${quote(value)}`);
  }
  return value as Record<string, unknown>;
}

function checkField(value: unknown, kind: Kind, what: string, line: number): void {
  if (kind === "number") {
    if (typeof value !== "number") fail(line, `${what} must be a number, got ${quote(value)}`);
    return;
  }
  const members = kind === "requirements" ? requirementMembers : allocationMembers;
  checkMembers(value, members, what, line);
}

const requirementMembers = {
  size: "number",
  alignment: "number",
  memoryTypeBits: "number",
  prefersDedicated: "boolean",
  requiresDedicated: "boolean",
};
const allocationMembers = {
  flags: "number",
  usage: "number",
  requiredFlags: "number",
  preferredFlags: "number",
  memoryTypeBits: "number",
  pool: "number",
  priority: "number",
  minAlignment: "number",
};
const limitMembers = {
  bufferImageGranularity: "number",
  nonCoherentAtomSize: "number",
  maxMemoryAllocationCount: "number",
};

function checkMembers(value: unknown, members: Record<string, string>, what: string, line: number): void {
  if (typeof value !== "object" || value === null)
    fail(line, `${what} must be an object, got ${quote(value)}`);
  for (const [member, type] of Object.entries(members)) {
    const given = (value as Record<string, unknown>)[member];
    const givenType: string = typeof given;
    if (givenType !== type) fail(line, `${what}.${member} must be a ${type}, got ${quote(given)}`);
  }
}

function checkProfile(profile: unknown): void {
  checkMembers(profile, { name: "string", deviceType: "number", apiVersion: "string" }, "profile", 1);
  const { limits, memoryHeaps, memoryTypes } = profile as Record<string, unknown>;
  checkMembers(limits, limitMembers, "profile.limits", 1);
  checkList(memoryHeaps, { size: "number", flags: "number" }, "profile.memoryHeaps");
  checkList(memoryTypes, { propertyFlags: "number", heapIndex: "number" }, "profile.memoryTypes");
}

function checkAllocator(allocator: unknown): void {
  checkMembers(allocator, { flags: "number", preferredLargeHeapBlockSize: "number" }, "allocator", 1);
  const { heapSizeLimits } = allocator as Record<string, unknown>;
  if (!Array.isArray(heapSizeLimits))
    fail(1, `allocator.heapSizeLimits must be an array, got ${quote(heapSizeLimits)}`);
}

function checkList(list: unknown, members: Record<string, string>, what: string): void {
  if (!Array.isArray(list)) fail(1, `${what} must be an array, got ${quote(list)}`);
  (list as unknown[]).forEach((item, index) => {
    checkMembers(item, members, `${what}[${index}]`, 1);
  });
}

function fail(line: number, message: string): never {
  throw new TraceError(line, message);
}
