/**
 * What of Perfetto's messages a trace of ours may have, with the numbers that Perfetto gave them, for protobuf.js to read it
 * with. Whatever is not listed here would be seen, as a trace that is written again from what was read has every byte
 * of the first.
 */

import protobuf from "protobufjs";

const SCHEMA = `
syntax = "proto2";
message Trace { repeated TracePacket packet = 1; }
message TracePacket {
  optional uint64 timestamp = 8;
  optional uint32 trusted_packet_sequence_id = 10;
  optional TrackEvent track_event = 11;
  optional TrackDescriptor track_descriptor = 60;
}
message TrackDescriptor {
  optional uint64 uuid = 1;
  optional string name = 2;
  optional ProcessDescriptor process = 3;
  optional uint64 parent_uuid = 5;
  optional CounterDescriptor counter = 8;
}
message ProcessDescriptor {
  optional int32 pid = 1;
  optional string process_name = 6;
}
message CounterDescriptor {
  enum Unit { UNIT_UNSPECIFIED = 0; UNIT_TIME_NS = 1; UNIT_COUNT = 2; UNIT_SIZE_BYTES = 3; }
  optional Unit unit = 3;
}
message TrackEvent {
  enum Type { TYPE_UNSPECIFIED = 0; TYPE_SLICE_BEGIN = 1; TYPE_SLICE_END = 2; TYPE_INSTANT = 3; TYPE_COUNTER = 4; }
  repeated DebugAnnotation debug_annotations = 4;
  optional Type type = 9;
  optional uint64 track_uuid = 11;
  optional string name = 23;
  optional int64 counter_value = 30;
}
message DebugAnnotation {
  optional int64 int_value = 4;
  optional string string_value = 6;
  optional string name = 10;
}`;

/** A packet, as far as traces of ours have any. 64-bit integers are numbers. */
export interface TracePacket {
  readonly timestamp?: number;
  readonly trustedPacketSequenceId?: number;
  readonly trackEvent?: TrackEvent;
  readonly trackDescriptor?: TrackDescriptor;
}
export interface TrackDescriptor {
  readonly uuid: number;
  readonly name?: string;
  readonly process?: { readonly pid: number; readonly processName: string };
  readonly parentUuid?: number;
  readonly counter?: { readonly unit?: string };
}
export interface TrackEvent {
  readonly type: "TYPE_SLICE_BEGIN" | "TYPE_SLICE_END" | "TYPE_INSTANT" | "TYPE_COUNTER";
  readonly trackUuid: number;
  readonly name?: string;
  readonly counterValue?: number;
  readonly debugAnnotations?: readonly { readonly name: string; readonly intValue?: number }[];
}

const Trace = protobuf.parse(SCHEMA).root.lookupType("Trace");

/** The packets of a trace, and what a writer that knows the schema makes of them. */
export function readTrace(bytes: Uint8Array): { packets: readonly TracePacket[]; again: Uint8Array } {
  const message = Trace.decode(bytes);
  const { packet } = Trace.toObject(message, { longs: Number, enums: String });
  return { packets: packet, again: Trace.encode(message).finish() };
}

/** The numbers that a message of integers has, by field. */
export function readIntegers(bytes: Uint8Array, count: number): number[] {
  const type = new protobuf.Type("Integers");
  for (let field = 1; field <= count; field++) type.add(new protobuf.Field(`f${field}`, field, "int64"));
  const read = type.toObject(type.decode(bytes), { longs: Number, defaults: true });
  return Array.from({ length: count }, (_, index) => read[`f${index + 1}`]);
}
