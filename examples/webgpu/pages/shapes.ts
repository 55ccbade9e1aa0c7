/** Meshes in the plane: star-like polygons of any number of corners, 12 bytes a vertex: position and colour. */

/** Bytes of a vertex. */
export const STRIDE = 12;

/** The layout of a vertex. */
export const VERTEX_LAYOUT: GPUVertexBufferLayout = {
  arrayStride: STRIDE,
  attributes: [
    { shaderLocation: 0, offset: 0, format: "float32x2" },
    { shaderLocation: 1, offset: 8, format: "unorm8x4" },
  ],
};

/** Draws vertices of that layout where they are. */
export const SHADER = /* wgsl */ `
  struct Point { @builtin(position) position: vec4f, @location(0) color: vec4f }
  @vertex fn vertex(@location(0) position: vec2f, @location(1) color: vec4f) -> Point {
    return Point(vec4f(position, 0, 1), color);
  }
  @fragment fn fragment(point: Point) -> @location(0) vec4f { return point.color; }`;

/** The pipeline that draws them. */
export function createPipeline(device: GPUDevice): GPURenderPipeline {
  const module = device.createShaderModule({ code: SHADER });
  return device.createRenderPipeline({
    layout: "auto",
    vertex: { module, buffers: [VERTEX_LAYOUT] },
    fragment: { module, targets: [{ format: navigator.gpu.getPreferredCanvasFormat() }] },
  });
}

/** A star: a fan of triangles around its middle. */
export function star(
  corners: number,
  middle: readonly [number, number],
  radius: number,
  color: readonly [number, number, number],
): Uint8Array<ArrayBuffer> {
  const bytes = new ArrayBuffer(corners * 3 * STRIDE);
  const [floats, words] = [new Float32Array(bytes), new Uint8Array(bytes)];
  for (let corner = 0; corner < corners; corner++) {
    for (let point = 0; point < 3; point++) {
      const at = corner * 3 + point;
      const turn = ((corner + (point === 2 ? 1 : 0)) / corners) * 2 * Math.PI;
      const reach = point === 0 ? 0 : radius * ((corner + (point === 2 ? 1 : 0)) % 2 === 0 ? 1 : 0.6);
      floats[at * 3] = middle[0] + reach * Math.cos(turn);
      floats[at * 3 + 1] = middle[1] + reach * Math.sin(turn);
      const light = point === 0 ? 1 : 0.55;
      words.set([color[0] * light, color[1] * light, color[2] * light, 255], at * STRIDE + 8);
    }
  }
  return new Uint8Array(bytes);
}
