/**
 * Checks JSON against the shape that VMA's tools read (GpuMemDump.schema.json): which members an object must
 * and may have, and of what kind they are.
 */

type Check = (value: unknown, path: string, problems: string[]) => void;

const text: Check = (value, path, problems) => {
  if (typeof value !== "string") problems.push(`${path} is no text`);
};
const integer: Check = (value, path, problems) => {
  if (!Number.isInteger(value)) problems.push(`${path} is no whole number`);
};
const anything: Check = () => {};
const customData: Check = (value, path, problems) => {
  if (typeof value !== "string" || !/^[0-9a-zA-Z]+$/.test(value)) problems.push(`${path} is no custom data`);
};

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An object with these members; those whose names end with "?" may be missing. Others only where `open`. */
function object(members: Record<string, Check>, open = false): Check {
  const known = new Map(Object.entries(members).map(([key, check]) => [key.replace("?", ""), check]));
  return (value, path, problems) => {
    if (!isObject(value)) {
      problems.push(`${path} is no object`);
      return;
    }
    for (const key of Object.keys(members)) {
      if (!key.endsWith("?") && !(key in value)) problems.push(`${path} has no ${key}`);
    }
    for (const [key, member] of Object.entries(value)) {
      const check = known.get(key);
      if (check !== undefined) check(member, `${path}.${key}`, problems);
      else if (!open) problems.push(`${path} has an unknown ${key}`);
    }
  };
}

/** An object with any members of one kind, whose names match `names`. */
function record(check: Check, names = /./): Check {
  return (value, path, problems) => {
    if (!isObject(value)) {
      problems.push(`${path} is no object`);
      return;
    }
    for (const [key, member] of Object.entries(value)) {
      if (!names.test(key)) problems.push(`${path} has a member with the name ${key}`);
      check(member, `${path}.${key}`, problems);
    }
  };
}

function list(check: Check): Check {
  return (value, path, problems) => {
    if (!Array.isArray(value)) problems.push(`${path} is no list`);
    else value.forEach((item, index) => void check(item, `${path}[${index}]`, problems));
  };
}

const statistics = object({
  BlockCount: integer,
  BlockBytes: integer,
  AllocationCount: integer,
  AllocationBytes: integer,
  UnusedRangeCount: integer,
  "AllocationSizeMin?": integer,
  "AllocationSizeMax?": integer,
  "UnusedRangeSizeMin?": integer,
  "UnusedRangeSizeMax?": integer,
});

const allocationMembers = {
  Type: text,
  Size: integer,
  "Usage?": integer,
  "CustomData?": customData,
  "Name?": text,
  "Layout?": integer,
};

const block = object(
  {
    "MapRefCount?": integer,
    TotalBytes: integer,
    UnusedBytes: integer,
    Allocations: integer,
    UnusedRanges: integer,
    "Suballocations?": list(object({ Offset: integer, ...allocationMembers })),
  },
  true,
);

const poolMembers = {
  "Blocks?": record(block, /[0-9]+/),
  "DedicatedAllocations?": list(object(allocationMembers)),
};

const dump = object({
  General: object(
    {
      API: (value, path, problems) => {
        const isKnown = value === "Vulkan" || value === "Direct3D 12" || value === "WebGPU";
        if (!isKnown) problems.push(`${path} is no API`);
      },
      GPU: text,
    },
    true,
  ),
  Total: statistics,
  MemoryInfo: record(
    object({
      "Flags?": list(text),
      "Size?": integer,
      Budget: object({ "BudgetBytes?": integer, "UsageBytes?": integer }),
      Stats: statistics,
      "MemoryPools?": record(object({ "Flags?": list(text), "Stats?": statistics })),
    }),
  ),
  "DefaultPools?": record(object({ "PreferredBlockSize?": integer, ...poolMembers }, true)),
  "CustomPools?": record(
    list(
      object({
        "Name?": text,
        "Flags?": list(anything),
        PreferredBlockSize: integer,
        ...poolMembers,
      }),
    ),
  ),
});

/** What is wrong with the JSON, one sentence each. */
export function problemsOf(json: unknown): string[] {
  const problems: string[] = [];
  dump(json, "$", problems);
  return problems;
}
