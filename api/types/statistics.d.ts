interface Statistics {
    blockCount: number;
    allocationCount: number;
    blockBytes: number;
    allocationBytes: number;
}
interface DetailedStatistics extends Statistics {
    unusedRangeCount: number;
    allocationSizeMin: number;
    allocationSizeMax: number;
    unusedRangeSizeMin: number;
    unusedRangeSizeMax: number;
}
declare function fragmentationOf(statistics: DetailedStatistics): number;
export {
  fragmentationOf,
};
export type {
  DetailedStatistics,
  Statistics,
};
