/** As much of Bun's module as `bun.ts` uses. */
declare module "bun:ffi" {
  /** An address as a number. */
  type Pointer = number;
  interface FunctionType {
    readonly args: readonly string[];
    readonly returns: string;
  }
  export function dlopen(
    path: string,
    symbols: Readonly<Record<string, FunctionType>>,
  ): { readonly symbols: Readonly<Record<string, { readonly ptr: Pointer }>> };
  export const CFunction: new (
    type: FunctionType & { readonly ptr: Pointer },
  ) => (...args: (bigint | number | Uint8Array)[]) => number;
  export const JSCallback: new (
    callee: (...args: (bigint | number)[]) => number,
    type: FunctionType,
  ) => { readonly ptr: Pointer; close(): void };
  export const CString: new (pointer: Pointer) => { toString(): string };
  export function ptr(buffer: ArrayBufferLike | ArrayBufferView): Pointer;
  export function toArrayBuffer(pointer: Pointer, offset: number, bytes: number): ArrayBuffer;
}
