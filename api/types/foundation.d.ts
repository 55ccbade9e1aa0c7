interface AbortSignalLike {
    readonly aborted: boolean;
    throwIfAborted(): void;
    addEventListener?(type: "abort", listener: () => void): void;
    removeEventListener?(type: "abort", listener: () => void): void;
}
declare class AssertionError extends Error {
    private constructor();
    readonly name = "AssertionError";
}
export {
  AssertionError,
};
export type {
  AbortSignalLike,
};
