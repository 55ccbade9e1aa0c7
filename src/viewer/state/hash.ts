/**
 * The state in the URL's hash, so that a view can be linked: `#view=table&q=size>1MiB&t=1200`.
 *
 * What is as it is at the start is left out. What a link says that makes no sense is ignored. Anything in a hash may
 * come from a stranger: it is only ever compared with what is known, or shown as text.
 */

import { batch, effect } from "@preact/signals";
import type { Span } from "../draw/time-layout.ts";
import { groupModes } from "../model/grouping.ts";
import { sortKeys } from "../model/rows.ts";
import type { Selection, Zoom } from "../model/selection.ts";
import { ALL_HEAPS } from "../model/series.ts";
import * as state from "./state.ts";

/** Reads a hash into the state. */
export function readHash(hash: string): void {
  const parameters = new URLSearchParams(hash.replace(/^#/, ""));
  batch(() => {
    state.view.value = oneOf(parameters.get("view"), state.views) ?? "map";
    state.at.value = whole(parameters.get("t")) ?? Number.POSITIVE_INFINITY;
    state.since.value = whole(parameters.get("since")) ?? 0;
    state.axis.value = oneOf(parameters.get("axis"), ["events"] as const) ?? "time";
    state.window.value = readSpan(parameters.get("window"));
    state.chosen.value = readSpan(parameters.get("span"));
    state.stacking.value = oneOf(parameters.get("stack"), ["age"] as const) ?? "group";
    state.timeHeap.value = whole(parameters.get("heap")) ?? ALL_HEAPS;
    state.active.value = parameters.get("file") === "1" ? 1 : 0;
    state.colourMode.value = oneOf(parameters.get("color"), [...groupModes, "age"] as const) ?? "kind";
    state.groupMode.value = oneOf(parameters.get("group"), groupModes) ?? "none";
    state.filterText.value = parameters.get("q")?.slice(0, 500) ?? "";
    state.lifetime.value = oneOf(parameters.get("alive"), ["end", "since"] as const) ?? "all";
    state.liveLink.value = parameters.get("live")?.slice(0, 300) ?? "";
    state.theme.value = oneOf(parameters.get("theme"), ["light", "dark"] as const) ?? "auto";
    state.fitBlocks.value = parameters.get("scale") === "fit";
    state.zoom.value = readZoom(parameters.get("zoom")) ?? { from: 0, to: 1 };
    state.selection.value = readSelection(parameters.get("sel"));
    const sort = parameters.get("sort") ?? "";
    const key = oneOf(sort.replace(/^-/, ""), sortKeys);
    state.sorting.value =
      key === undefined ? { key: "size", descending: true } : { key, descending: sort.startsWith("-") };
  });
}

/** The hash of the state. */
export function writeHash(): string {
  const parameters = new URLSearchParams();
  const set = (name: string, value: string, usual: string): void => {
    if (value !== usual) parameters.set(name, value);
  };
  set("view", state.view.value, "map");
  set("t", String(state.at.value), "Infinity");
  set("since", String(state.since.value), "0");
  set("axis", state.axis.value, "time");
  set("window", writeSpan(state.window.value), "");
  set("span", writeSpan(state.chosen.value), "");
  set("stack", state.stacking.value, "group");
  set("heap", String(state.timeHeap.value), String(ALL_HEAPS));
  set("file", String(state.active.value), "0");
  set("color", state.colourMode.value, "kind");
  set("group", state.groupMode.value, "none");
  set("q", state.filterText.value, "");
  set("alive", state.lifetime.value, "all");
  set("theme", state.theme.value, "auto");
  set("live", state.liveLink.value, "");
  set("scale", state.fitBlocks.value ? "fit" : "", "");
  const { from, to } = state.zoom.value;
  set("zoom", `${from}_${to}`, "0_1");
  const { key, descending } = state.sorting.value;
  set("sort", `${descending ? "-" : ""}${key}`, "-size");
  set("sel", writeSelection(state.selection.value), "");
  return parameters.toString();
}

/** Keeps the hash and the state the same. */
export function bindHash(): void {
  readHash(location.hash);
  addEventListener("hashchange", () => readHash(location.hash));
  let timer: ReturnType<typeof setTimeout> | undefined;
  effect(() => {
    const hash = writeHash();
    // Browsers refuse more than a hundred changes in half a minute; while something moves, the last counts.
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (location.hash.replace(/^#/, "") !== hash) history.replaceState(null, "", `#${hash}`);
    }, 400);
  });
}

function oneOf<T extends string>(value: string | null, known: readonly T[]): T | undefined {
  return known.find((one) => one === value);
}

function whole(value: string | null): number | undefined {
  return value !== null && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}

function readSpan(value: string | null): Span | undefined {
  const [, from, to] = /^([\d.e-]+)_([\d.e-]+)$/.exec(value ?? "") ?? [];
  const span = { from: Number(from), to: Number(to) };
  return span.from >= 0 && span.from < span.to && Number.isFinite(span.to) ? span : undefined;
}

function writeSpan(span: Span | undefined): string {
  return span === undefined ? "" : `${span.from}_${span.to}`;
}

function readZoom(value: string | null): Zoom | undefined {
  const zoom = readSpan(value);
  return zoom !== undefined && zoom.to <= 1 ? zoom : undefined;
}

function writeSelection(selection: Selection | undefined): string {
  switch (selection?.what) {
    case "range":
      return `r${selection.range}`;
    case "block":
      return `b${selection.block}`;
    case "free":
      return `f${selection.block}.${selection.offset}.${selection.size}`;
    default:
      return "";
  }
}

function readSelection(value: string | null): Selection | undefined {
  const [, what, ...numbers] = /^([rbf])(\d{1,15})(?:\.(\d{1,16})\.(\d{1,16}))?$/.exec(value ?? "") ?? [];
  const [first, offset, size] = numbers.map(Number) as [number, number, number];
  if (what === "r") return { what: "range", range: first };
  if (what === "b") return { what: "block", block: first };
  if (what === "f" && offset >= 0 && size > 0) return { what: "free", block: first, offset, size };
  return undefined;
}
