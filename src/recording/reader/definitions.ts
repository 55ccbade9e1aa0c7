/**
 * What the records of a segment refer to by number: texts, requests, stacks. Texts are decoded on demand. Requests and stacks
 * with the same content are the same object in all segments, so that they can be used for grouping.
 */

import { cellsOf, IMAGE_CELLS, type RecordedRequest, RequestCell, requestOf } from "../format/request.ts";
import { Damage, type RecordReader, textOf } from "./record-reader.ts";

/** One call on a stack. */
export interface RecordedStackFrame {
  /** The function's name; empty for none. */
  readonly function: string;
  /** Path or URL. */
  readonly file: string;
  /** At least 1. */
  readonly line: number;
  /** At least 1. */
  readonly column: number;
}

/** The call stack of a request. The same object for the same stack, throughout a recording. */
export interface RecordedStack {
  /** The frames, the innermost first. */
  readonly frames: readonly RecordedStackFrame[];
}

/** What is the same in all segments. */
export class SharedDefinitions {
  readonly requests: Map<string, RecordedRequest> = new Map();
  readonly frames: Map<string, RecordedStackFrame> = new Map();
  readonly stacks: Map<string, RecordedStack> = new Map();
}

/** The largest alignment of a caller, as a power of two. */
const MAX_ALIGNMENT_EXPONENT = 52;
const MAX_STACK_FRAMES = 64;

/** The dictionaries of one segment. Numbers count from 1; 0 stands for none. */
export class Definitions {
  private readonly shared: SharedDefinitions;
  private bytes: Uint8Array = new Uint8Array(0);
  /** Where each text begins and ends. */
  private readonly textStarts: number[] = [0];
  private readonly textEnds: number[] = [0];
  private readonly texts: (string | undefined)[] = [undefined];
  private readonly requests: (RecordedRequest | undefined)[] = [undefined];
  private readonly frames: RecordedStackFrame[] = [];
  private readonly stacks: (RecordedStack | undefined)[] = [undefined];
  private readonly row: Float64Array = new Float64Array(IMAGE_CELLS);

  constructor(shared: SharedDefinitions) {
    this.shared = shared;
  }

  /** Forgets everything: a segment begins. */
  clear(): void {
    this.textStarts.length = 1;
    this.textEnds.length = 1;
    this.texts.length = 1;
    this.requests.length = 1;
    this.frames.length = 0;
    this.stacks.length = 1;
  }

  /** A text, undefined for 0. */
  text(number: number): string | undefined {
    const known = this.texts[number];
    if (known !== undefined || number === 0) return known;
    const text = textOf(this.bytes, this.textStarts[number]!, this.textEnds[number]!);
    this.texts[number] = text;
    return text;
  }

  /** Where a text's bytes begin. */
  startOfText(number: number): number {
    return this.textStarts[number]!;
  }

  /** Where they end. */
  endOfText(number: number): number {
    return this.textEnds[number]!;
  }

  /** A request, undefined for 0. */
  request(number: number): RecordedRequest | undefined {
    return this.requests[number];
  }

  /** A stack, undefined for 0. */
  stack(number: number): RecordedStack | undefined {
    return this.stacks[number];
  }

  /** Checks the number of a text. */
  checkText(number: number, reader: RecordReader): number {
    if (number >= this.textStarts.length) throw new Damage(`there is no text ${number}`, reader.at);
    return number;
  }

  /** Checks the number of a request. */
  checkRequest(number: number, reader: RecordReader): number {
    if (number === 0 || number >= this.requests.length) {
      throw new Damage(`there is no request ${number}`, reader.at);
    }
    return number;
  }

  /** Checks the number of a stack. */
  checkStack(number: number, reader: RecordReader): number {
    if (number >= this.stacks.length) throw new Damage(`there is no stack ${number}`, reader.at);
    return number;
  }

  readText(reader: RecordReader): void {
    const length = reader.count("bytes in a text");
    this.bytes = reader.bytes;
    this.textStarts.push(reader.skip(length));
    this.textEnds.push(reader.at);
    this.texts.push(undefined);
  }

  readRequest(reader: RecordReader): void {
    const { row } = this;
    row[RequestCell.Resource] = reader.uint();
    const length = cellsOf(row[RequestCell.Resource]!);
    for (let cell = 1; cell < length; cell++) row[cell] = reader.uint();
    if (row[RequestCell.AlignmentExponent]! > MAX_ALIGNMENT_EXPONENT) {
      throw new Damage(`there is no alignment of 2^${row[RequestCell.AlignmentExponent]}`, reader.at);
    }
    const key = row.subarray(0, length).join();
    const request = this.shared.requests.get(key) ?? requestOf(row);
    this.shared.requests.set(key, request);
    this.requests.push(request);
  }

  readFrame(reader: RecordReader): void {
    const name = this.text(this.checkText(reader.uint(), reader)) ?? "";
    const file = this.text(this.checkText(reader.uint(), reader)) ?? "";
    const line = reader.uint();
    const column = reader.uint();
    const key = `${name}\n${file}\n${line}:${column}`;
    const frame = this.shared.frames.get(key) ?? { function: name, file, line, column };
    this.shared.frames.set(key, frame);
    this.frames.push(frame);
  }

  readStack(reader: RecordReader): void {
    const count = reader.count("frames in a stack");
    if (count > MAX_STACK_FRAMES) throw new Damage(`a stack has ${count} frames`, reader.at);
    const frames: RecordedStackFrame[] = [];
    for (let i = 0; i < count; i++) {
      const frame = this.frames[reader.uint() - 1];
      if (frame === undefined) throw new Damage("a stack has a frame that does not exist", reader.at);
      frames.push(frame);
    }
    const key = frames
      .map((each) => `${each.function}\n${each.file}\n${each.line}:${each.column}`)
      .join("\n");
    const stack = this.shared.stacks.get(key) ?? { frames };
    this.shared.stacks.set(key, stack);
    this.stacks.push(stack);
  }
}
