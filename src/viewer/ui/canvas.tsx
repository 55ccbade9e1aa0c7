/**
 * A canvas that is drawn again when what it shows changes: once for each frame of the screen at most, in the pixels
 * of the screen.
 */

import { effect, type Signal, useSignal } from "@preact/signals";
import type { CanvasHTMLAttributes, JSX, RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { timed } from "../state/timing.ts";

/** Pixels of a canvas, as style sheets count them. */
export interface CanvasSize {
  readonly width: number;
  readonly height: number;
}

interface CanvasProps<Scene> {
  readonly name: string;
  /** Told how large the canvas is; 0 by 0 before it is known. */
  readonly size: Signal<CanvasSize>;
  /** What there is to draw; may read signals. */
  readonly scene: (size: CanvasSize) => Scene | undefined;
  readonly draw: (context: CanvasRenderingContext2D, scene: Scene) => void;
  readonly canvas?: RefObject<HTMLCanvasElement | null>;
  readonly attributes?: CanvasHTMLAttributes<HTMLCanvasElement>;
}

export function Canvas<Scene>({
  name,
  size,
  scene,
  draw,
  canvas,
  attributes,
}: CanvasProps<Scene>): JSX.Element {
  const own = useRef<HTMLCanvasElement>(null);
  const ref = canvas ?? own;
  // The effect lives as long as the canvas; it must draw with the functions of the last rendering.
  const latest = useSignal({ scene, draw });
  if (latest.peek().scene !== scene || latest.peek().draw !== draw) latest.value = { scene, draw };
  // Before the first painting, as keys and pointers need the layout from the moment at which they can be used.
  useLayoutEffect(() => {
    const element = ref.current!;
    const measure = (): void => {
      size.value = { width: element.clientWidth, height: element.clientHeight };
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    let frame = 0;
    const dispose = effect(() => {
      const { width, height } = size.value;
      const { scene, draw } = latest.value;
      if (width === 0 || height === 0) return;
      const value = scene({ width, height });
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => {
        const context = prepare(element, width, height);
        if (value === undefined) context.clearRect(0, 0, width, height);
        else timed(`draw ${name}`, () => draw(context, value));
      });
    });
    return () => {
      dispose();
      observer.disconnect();
      cancelAnimationFrame(frame);
    };
  }, [ref, size, latest, name]);
  return <canvas ref={ref} {...attributes} />;
}

function prepare(element: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D {
  const ratio = devicePixelRatio || 1;
  const [pixelWidth, pixelHeight] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (element.width !== pixelWidth || element.height !== pixelHeight) {
    element.width = pixelWidth;
    element.height = pixelHeight;
  }
  const context = element.getContext("2d", { alpha: false })!;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}
