/** Replays a trace, operation by operation. */

import { DeviceReplay } from "./device-replay.ts";
import { type Operation, parseHeader, parseOperation, TraceError, type TraceHeader } from "./format.ts";
import type { Outcome } from "./outcome.ts";
import { VirtualReplay } from "./virtual-replay.ts";

/** Everything that one trace makes. */
export class Replay {
  readonly header: TraceHeader;
  private readonly virtual: VirtualReplay = new VirtualReplay();
  private readonly onDevice: DeviceReplay | undefined;

  constructor(header: TraceHeader) {
    const { profile, allocator } = header;
    this.header = header;
    this.onDevice = profile && new DeviceReplay(profile, allocator ?? defaultAllocator);
  }

  /** Replays one operation and says what it led to. */
  replay(operation: Operation): Outcome {
    const outcome = this.virtual.replay(operation) ?? this.onDevice?.replay(operation);
    if (outcome === undefined) throw new RangeError(`${operation.op} needs a profile in the trace's header`);
    return outcome;
  }

  /** Checks every structure that the trace has made. */
  validate(): void {
    this.onDevice?.validate();
  }
}

const defaultAllocator = { flags: 0, preferredLargeHeapBlockSize: 0, heapSizeLimits: [] };

/**
 * Replays the lines of one trace and yields the outcome of each operation.
 *
 * @throws TraceError for a line that is malformed or cannot be replayed.
 */
export function* replayLines(lines: Iterable<string>): Generator<Outcome> {
  let replay: Replay | undefined;
  let number = 0;
  for (const line of lines) {
    number++;
    if (line.trim() === "") continue;
    if (replay === undefined) {
      replay = atLine(number, () => new Replay(parseHeader(line)));
      continue;
    }
    const current = replay;
    const operation = parseOperation(line, number);
    yield atLine(number, () => current.replay(operation));
  }
  if (replay === undefined) throw new TraceError(1, "the header is missing");
}

function atLine<T>(line: number, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (error instanceof TraceError) throw error;
    throw new TraceError(line, (error as Error).message, { cause: error });
  }
}
