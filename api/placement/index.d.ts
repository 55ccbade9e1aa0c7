import {
  AbortSignalLike,
} from '../types/foundation.js';
export {
  AssertionError,
} from '../types/foundation.js';
interface Span {
    readonly begin: number;
    readonly end: number;
}
interface PlacementItem extends Partial<Span> {
    readonly size: number;
    readonly alignment?: number | undefined;
    readonly spans?: readonly Span[] | undefined;
    readonly offset?: number | undefined;
    readonly group?: string | number | undefined;
    readonly kind?: string | number | undefined;
    readonly name?: string | undefined;
}
interface ConflictOptions {
    readonly granularity?: number | undefined;
    readonly capacity?: number | undefined;
}
declare function findConflict(items: readonly PlacementItem[], offsets: ArrayLike<number>, options?: ConflictOptions): string | undefined;
interface PictureOptions {
    readonly width?: number | undefined;
    readonly height?: number | undefined;
    readonly title?: string | undefined;
    readonly capacity?: number | undefined;
}
declare function drawPlacement(items: readonly PlacementItem[], offsets: ArrayLike<number>, options?: PictureOptions): string;
interface SimpleHeights {
    readonly separate: number;
    readonly bySize?: number;
    readonly byArea?: number;
    readonly byBegin?: number;
    readonly byDuration?: number;
    readonly byLoad?: number;
    readonly bestFit?: number;
}
interface PlaceOptions {
    readonly capacity?: number | undefined;
    readonly granularity?: number | undefined;
    readonly timeLimit?: number | undefined;
    readonly signal?: AbortSignalLike | undefined;
    readonly onProgress?: ((best: Placement) => void) | undefined;
    readonly seed?: number | undefined;
}
declare const PlacementOutcome: {
    readonly Placed: "placed";
    readonly Impossible: "impossible";
    readonly Undecided: "undecided";
};
type PlacementOutcome = (typeof PlacementOutcome)[keyof typeof PlacementOutcome];
interface Placement {
    readonly outcome: PlacementOutcome;
    readonly offsets: Float64Array;
    readonly height: number;
    readonly lowerBound: number;
    readonly isOptimal: boolean;
    readonly simple: SimpleHeights;
}
declare function place(items: readonly PlacementItem[], options?: PlaceOptions): Promise<Placement>;
declare function placeSync(items: readonly PlacementItem[], options?: PlaceOptions): Placement;
declare class PlacementSearch {
    #private;
    constructor(items: readonly PlacementItem[], options?: PlaceOptions);
    get isGoodEnough(): boolean;
    get isDone(): boolean;
    run(milliseconds: number): void;
    get best(): Placement;
}
interface PlacementPlan {
    readonly items: readonly PlacementItem[];
    readonly offsets?: ArrayLike<number> | undefined;
    readonly capacity?: number | undefined;
    readonly granularity?: number | undefined;
}
declare const PlanFormat: {
    readonly Json: "json";
    readonly Csv: "csv";
};
type PlanFormat = (typeof PlanFormat)[keyof typeof PlanFormat];
declare function readPlan(text: string): PlacementPlan;
declare function writePlan(plan: PlacementPlan, format?: PlanFormat): string;
interface PlacementPort {
    postMessage(message: unknown): void;
    addEventListener?(type: "message", listener: never): void;
    removeEventListener?(type: "message", listener: never): void;
    on?(type: "message", listener: (data: unknown) => void): unknown;
    off?(type: "message", listener: (data: unknown) => void): unknown;
    start?(): void;
}
declare function answerPlacements(port: PlacementPort): () => void;
declare function placeOn(port: PlacementPort, items: readonly PlacementItem[], options?: PlaceOptions): Promise<Placement>;
interface ShareOptions {
    readonly timeLimit?: number | undefined;
}
interface SharedObject {
    readonly size: number;
    readonly kind: string | number | undefined;
}
interface Sharing {
    readonly objects: readonly SharedObject[];
    readonly objectOf: Int32Array;
    readonly size: number;
    readonly lowerBound: number;
    readonly isOptimal: boolean;
    readonly simple: {
        readonly separate: number;
        readonly bySize?: number;
        readonly byBegin: number;
    };
}
declare function shareObjects(items: readonly PlacementItem[], options?: ShareOptions): Sharing;
export {
  PlacementOutcome,
  PlacementSearch,
  PlanFormat,
  answerPlacements,
  drawPlacement,
  findConflict,
  place,
  placeOn,
  placeSync,
  readPlan,
  shareObjects,
  type AbortSignalLike,
  writePlan,
};
export type {
  ConflictOptions,
  PictureOptions,
  PlaceOptions,
  Placement,
  PlacementItem,
  PlacementPlan,
  PlacementPort,
  ShareOptions,
  SharedObject,
  Sharing,
  SimpleHeights,
  Span,
};
