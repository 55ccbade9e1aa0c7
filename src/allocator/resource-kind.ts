/** What was created together with an allocation. */
export const ResourceKind = { None: 0, Buffer: 1, Image: 2 } as const;
