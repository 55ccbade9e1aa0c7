/**
 * `vma-ts/recording`: what was requested from an allocator, what it did, and when. Reads and writes the format of
 * docs/recording-format.md; reading also works in browsers.
 *
 * @module vma-ts/recording
 */

export { RecordingError, type RecordingProblem } from "./error.ts";
export type { RecordedDevice, RecordedSettings, RecordingHeader, RecordingSource } from "./format/header.ts";
export { BlockBit, RecordKind, RequestedResource } from "./format/kinds.ts";
export type { RecordedImage, RecordedRequest } from "./format/request.ts";
export type { RecordCursor } from "./reader/cursor.ts";
export type { RecordedStack, RecordedStackFrame } from "./reader/definitions.ts";
export type { RecordFields } from "./reader/record.ts";
export { Recording, type RecordingEnd, type RecordingSegment, readRecording } from "./reader/recording.ts";
export {
  type RecordedAlias,
  type RecordedAllocation,
  type RecordedBlock,
  type RecordedDefragmentation,
  type RecordedPool,
  RecordedState,
} from "./reader/state.ts";
export type { LiveStream, ServeOptions } from "./recorder/live.ts";
export { ActiveRecording, type RecordOptions, record } from "./recorder/record.ts";
export type {
  RecordedBudget,
  RecordedDefragmentationInfo,
  RecordedPoolInfo,
} from "./writer/fields.ts";
export type { RecordingSink } from "./writer/sink.ts";
