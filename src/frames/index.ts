/** What programs with frames need for their memory: deferred destruction, reservations, memory pressure. */
export type { DeferredStatistics, Destroyable, Until } from "./deferred.ts";
export type { ImagePartInfo } from "./image-pieces.ts";
export type { Pressure, PressureListener, PressureOptions } from "./pressure.ts";
export { type ImageReadOptions, Readback } from "./readback.ts";
export type { Reservation, ReserveRequest } from "./reserve.ts";
export type { StagingOptions } from "./staging.ts";
export type { StreamOptions } from "./stream.ts";
export {
  type BufferTarget,
  type BufferUploadOptions,
  type Families,
  type ImageTarget,
  type ImageUploadOptions,
  Uploader,
} from "./uploader.ts";
