/** Sparse resources: buffers and images whose pages get memory one by one. */
export type { PagePoolCreateInfo, SparseCreateInfo } from "./create.ts";
export type { PageDefragmentationResult, PageDefragmentOptions } from "./defragment-options.ts";
export type { SparseBufferRegion, SparseImageRegion } from "./geometry.ts";
export { PagePool, type PagePoolStatistics } from "./page-pool.ts";
export type { SparseStatistics } from "./report.ts";
export {
  type Residency,
  type SparseBindRequest,
  SparseBuffer,
  SparseImage,
  type SparsePart,
  SparseResource,
  type SparseShare,
} from "./resource.ts";
