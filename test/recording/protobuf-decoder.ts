/** Takes protocol buffers apart, without knowing their types. */

type Field = bigint | Uint8Array;

/** A message by the numbers of its fields. */
export class Message {
  private readonly fields: Map<number, Field[]>;

  constructor(fields: Map<number, Field[]>) {
    this.fields = fields;
  }

  has(field: number): boolean {
    return this.fields.has(field);
  }

  /** A signed 64-bit integer, as a number; 0 where there is none. */
  integer(field: number): number {
    const value = this.fields.get(field)?.[0] ?? 0n;
    if (typeof value !== "bigint") throw new TypeError(`field ${field} is no integer`);
    return Number(BigInt.asIntN(64, value));
  }

  textOf(field: number): string | undefined {
    const value = this.fields.get(field)?.[0];
    return value === undefined ? undefined : new TextDecoder("utf-8", { fatal: true }).decode(bytesOf(value));
  }

  messages(field: number): Message[] {
    return (this.fields.get(field) ?? []).map((value) => decodeMessage(bytesOf(value)));
  }

  message(field: number): Message {
    return this.messages(field)[0]!;
  }
}

function bytesOf(field: Field): Uint8Array {
  if (typeof field === "bigint") throw new TypeError("the field is an integer");
  return field;
}

/** The fields of a message. */
export function decodeMessage(bytes: Uint8Array): Message {
  const fields = new Map<number, Field[]>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw new RangeError("the message is cut off");
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const key = Number(varint());
    const field = Math.floor(key / 8);
    let value: Field;
    if (key % 8 === 0) value = varint();
    else if (key % 8 === 2) {
      const length = Number(varint());
      value = bytes.subarray(at, at + length);
      at += length;
      if (at > bytes.length) throw new RangeError("the message is cut off");
    } else throw new RangeError(`there is no wire type ${key % 8}`);
    const values = fields.get(field) ?? [];
    values.push(value);
    fields.set(field, values);
  }
  return new Message(fields);
}
