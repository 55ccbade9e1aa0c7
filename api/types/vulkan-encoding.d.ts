type ScalarKind = "u8" | "char" | "u16" | "u32" | "i32" | "bool" | "f32" | "f64" | "u64" | "i64" | "size" | "handle" | "ptr" | "text";
interface Member {
    readonly name: string;
    readonly offset: number;
    readonly kind: ScalarKind | undefined;
    readonly struct: AnyStructure | undefined;
    readonly isPointer: boolean;
    readonly length: number | undefined;
    readonly count: {
        readonly member: string;
        readonly unit: number;
    } | undefined;
}
interface StructureLayout {
    readonly size: number;
    readonly alignment: number;
    readonly members: readonly Member[];
}
interface StructureValue<T extends object = object> {
    readonly structure: AnyStructure;
    readonly values: T;
}
type Next = readonly StructureValue[] | bigint;
interface AnyStructure {
    readonly structureName: string;
    readonly sType: number | undefined;
    readonly layout: StructureLayout;
}
interface Structure<T extends object> extends AnyStructure {
    (values: T): StructureValue<T>;
}
declare function structure<T extends object>(name: string, sType: number | undefined, members: string, ...parts: readonly AnyStructure[]): Structure<T>;
declare function union<T extends object>(name: string, members: string, ...parts: readonly AnyStructure[]): Structure<T>;
interface AddressSource {
    addressOf(buffer: ArrayBuffer): bigint;
}
type Pointer = bigint | Encoded | ArrayBufferView;
declare class Encoded<T extends object = object> {
    #private;
    readonly address: bigint;
    readonly structure: AnyStructure;
    decode(): T;
    set(values: Partial<T>): void;
}
declare function encode<T extends object>(source: AddressSource, value: StructureValue<T>): Encoded<T>;
declare function decode<T extends object>(structure: Structure<T>, bytes: ArrayBufferView, offset?: number): T;
declare function encodeInto<T extends object>(structure: Structure<T>, items: readonly T[], bytes: ArrayBufferView, offset?: number): void;
interface CommandSource extends AddressSource {
    readonly handle: bigint;
    readonly handleType: "device" | "instance";
    readonly allocationCallbacks: bigint;
    command(name: string, signature: string): (...args: (bigint | number)[]) => unknown;
    getProcAddress(name: string): bigint;
}
type Chained<T, C extends readonly AnyStructure[] = readonly AnyStructure[]> = Omit<Required<T>, "pNext"> & {
    readonly pNext: {
        readonly [I in keyof C]: C[I] extends Structure<infer V> ? Omit<Required<V>, "pNext"> : object;
    };
};
type AnyFunction = (...args: never[]) => unknown;
interface Command<F extends AnyFunction> {
    readonly commandName: string;
    readonly result: string;
    readonly parameters: string;
    readonly parts: readonly AnyStructure[];
    readonly type?: F;
}
type Bound<T> = {
    readonly [K in keyof T as T[K] extends Command<AnyFunction> ? K : never]: T[K] extends Command<infer F> ? F : never;
};
declare function command<F extends AnyFunction>(name: string, result: "v" | "r" | "a" | "u", parameters: string, ...parts: readonly AnyStructure[]): Command<F>;
declare function bind<T extends object>(source: CommandSource, commands: T): Bound<T>;
export {
  Encoded,
  bind,
  command,
  decode,
  encode,
  encodeInto,
  structure,
  union,
};
export type {
  AddressSource,
  AnyFunction,
  AnyStructure,
  Bound,
  Chained,
  Command,
  CommandSource,
  Member,
  Next,
  Pointer,
  ScalarKind,
  Structure,
  StructureLayout,
  StructureValue,
};
