/** What programs with frames need around their memory: destroying later, reserving, hearing of pressure. */
export type { DeferredStatistics, Destroyable, Until } from "./deferred.ts";
export type { Pressure, PressureListener, PressureOptions } from "./pressure.ts";
export type { Reservation, ReserveRequest } from "./reserve.ts";
