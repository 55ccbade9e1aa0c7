/**
 * What repeats in a recording is defined once a segment, and has a number there: names, requests, stacks. Requests and
 * stacks also have a number that lasts, as allocations that are alive refer to them when the next segment begins.
 */

import { RecordKind } from "../format/kinds.ts";
import { cellsOf, fillRow, IMAGE_CELLS, type RecordedRequest, RequestCell } from "../format/request.ts";
import { putUint } from "../format/varint.ts";
import type { ChunkWriter } from "./chunk-writer.ts";
import { RowTable } from "./row-table.ts";
import { type StackFrame, StackTable } from "./stack-table.ts";

/** Where no stack was recorded. */
export const NO_STACK = -1;
/** Frames of a stack that are kept, the innermost ones. */
export const MAX_STACK_FRAMES = 64;
/** Bytes of the longest text; longer ones are cut. */
export const MAX_TEXT_BYTES = 4096;
/** A text's kind and length. */
const TEXT_HEAD = 3;
/** Texts up to this length are tried letter by letter, which is quicker than the encoder. */
const SHORT_TEXT = 48;

const encoder = new TextEncoder();
/** Powers of two: raising to a power takes 20 ns of recording an operation. */
const POWERS: Float64Array = Float64Array.from({ length: 53 }, (_, exponent) => 2 ** exponent);

/** The definitions of one recording. */
export class Dictionary {
  private readonly out: ChunkWriter;
  private readonly texts: Map<string, number> = new Map();
  private readonly requests: RowTable = new RowTable(IMAGE_CELLS);
  private readonly frames: Map<string, number> = new Map();
  private readonly stacks: StackTable = new StackTable();
  private requestCount = 0;
  private stackCount = 0;

  constructor(out: ChunkWriter) {
    this.out = out;
  }

  /** Begins with a new segment, in which nothing is defined. */
  beginSegment(): void {
    this.texts.clear();
    this.frames.clear();
    this.requestCount = 0;
    this.stackCount = 0;
  }

  /** After the snapshot: what it has not used, nothing alive refers to. */
  endSnapshot(): void {
    this.requests.evict(this.out.segment);
    this.stacks.evict(this.out.segment);
  }

  /** The row to fill for {@link requestOfRow}. */
  get requestRow(): Float64Array {
    return this.requests.scratch;
  }

  /** The lasting number of the request that stands in {@link requestRow}. */
  requestOfRow(): number {
    const { scratch } = this.requests;
    return this.requests.intern(cellsOf(scratch[RequestCell.Resource]!));
  }

  /** The lasting number of a request. */
  requestOf(request: RecordedRequest): number {
    fillRow(this.requests.scratch, request);
    return this.requestOfRow();
  }

  /** The alignment in effect of a request, in bytes. */
  alignmentOf(request: number): number {
    return POWERS[this.requests.cell(request, RequestCell.AlignmentExponent)]!;
  }

  /** The lasting number of a stack. */
  stackOf(key: string, read: (key: string) => readonly StackFrame[]): number {
    return this.stacks.intern(key, read);
  }

  /** A text's number in this segment; 0 for none. */
  text(text: string | undefined): number {
    if (text === undefined) return 0;
    return this.texts.get(text) ?? this.defineText(text);
  }

  /** A request's number in this segment. */
  request(request: number): number {
    return this.requests.definition(request, this.out.segment) || this.defineRequest(request);
  }

  /** A stack's number in this segment; 0 for none. */
  stack(stack: number): number {
    if (stack === NO_STACK) return 0;
    return this.stacks.definition(stack, this.out.segment) || this.defineStack(stack);
  }

  private defineText(text: string): number {
    const { out } = this;
    out.reserve(MAX_TEXT_BYTES + TEXT_HEAD);
    const at = out.startPlain(RecordKind.String);
    out.finishPlain(this.putShortText(at, text) ?? this.putText(at, text));
    const number = this.texts.size + 1;
    this.texts.set(text, number);
    return number;
  }

  /** A short text of ASCII letters; undefined for others. */
  private putShortText(start: number, text: string): number | undefined {
    const { bytes } = this.out;
    const { length } = text;
    if (length > SHORT_TEXT) return undefined;
    bytes[start] = length;
    for (let i = 0; i < length; i++) {
      const letter = text.charCodeAt(i);
      if (letter > 0x7f) return undefined;
      bytes[start + 1 + i] = letter;
    }
    return start + 1 + length;
  }

  private putText(start: number, text: string): number {
    const { bytes } = this.out;
    // Where it goes depends on its length, so it is written where the longest length would end, then moved.
    const room = bytes.subarray(start + TEXT_HEAD, start + TEXT_HEAD + MAX_TEXT_BYTES);
    const { written } = encoder.encodeInto(text, room);
    const at = putUint(bytes, start, written);
    bytes.copyWithin(at, start + TEXT_HEAD, start + TEXT_HEAD + written);
    return at + written;
  }

  private defineRequest(request: number): number {
    const { out, requests } = this;
    let at = out.startPlain(RecordKind.Request);
    const length = requests.lengthOf(request);
    for (let i = 0; i < length; i++) at = putUint(out.bytes, at, requests.cell(request, i));
    out.finishPlain(at);
    requests.define(request, out.segment, ++this.requestCount);
    return this.requestCount;
  }

  private defineStack(stack: number): number {
    const { out, stacks } = this;
    const frames = stacks
      .framesOf(stack)
      .slice(0, MAX_STACK_FRAMES)
      .map((frame) => this.frame(frame));
    let at = putUint(out.bytes, out.startPlain(RecordKind.Stack), frames.length);
    for (const frame of frames) at = putUint(out.bytes, at, frame);
    out.finishPlain(at);
    stacks.define(stack, out.segment, ++this.stackCount);
    return this.stackCount;
  }

  private frame(frame: StackFrame): number {
    const key = `${frame.function}\n${frame.file}\n${frame.line}:${frame.column}`;
    const known = this.frames.get(key);
    if (known !== undefined) return known;
    const { out } = this;
    const name = this.text(frame.function);
    const file = this.text(frame.file);
    let at = putUint(out.bytes, out.startPlain(RecordKind.StackFrame), name);
    at = putUint(out.bytes, at, file);
    at = putUint(out.bytes, at, frame.line);
    out.finishPlain(putUint(out.bytes, at, frame.column));
    const number = this.frames.size + 1;
    this.frames.set(key, number);
    return number;
  }
}
