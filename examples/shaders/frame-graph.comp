#version 450
// What the computed passes of the frame graph do. Compiled four times, as each variant touches other things:
// -DPATTERN, -DSUMS, -DCOMPOSE, and without any.
layout(local_size_x = 8, local_size_y = 8) in;
layout(set = 0, binding = 0, rgba8) uniform readonly image2D first;
layout(set = 0, binding = 1, rgba8) uniform readonly image2D second;
layout(set = 0, binding = 2, rgba8) uniform writeonly image2D result;
layout(set = 0, binding = 3) buffer Sums { uint sums[]; };
layout(push_constant) uniform Pass { uint operation; uint frame; };

void main() {
  ivec2 at = ivec2(gl_GlobalInvocationID.xy);
#if defined(PATTERN)
  uint n = uint(at.x) * 73u ^ uint(at.y) * 151u ^ frame * 31u;
  imageStore(result, at, vec4(n & 255u, (n >> 3) & 255u, (n >> 5) & 255u, 255u) / 255.0);
#elif defined(SUMS)
  if (at.x != 0) return;
  uint sum = 0u;
  for (int x = 0; x < imageSize(first).x; x++) sum += uint(imageLoad(first, ivec2(x, at.y)).r * 255.0 + 0.5);
  sums[at.y] = sum;
#elif defined(COMPOSE)
  // Of the row's mean: drivers round differently, and a picture must not hang on the last bit of a sum.
  float exposure = 1.0 + float(sums[at.y]) / (512.0 * float(imageSize(first).x));
  imageStore(result, at, min((imageLoad(first, at) + imageLoad(second, at)) * exposure, 1.0));
#else
  if (operation == 0u) { // light
    imageStore(result, at, imageLoad(first, at) * 0.5 + imageLoad(second, at) * 0.5);
  } else if (operation == 1u) { // what is bright
    imageStore(result, at, max(imageLoad(first, at) - 0.4, 0.0));
  } else { // blurred in x or in y
    ivec2 way = operation == 2u ? ivec2(1, 0) : ivec2(0, 1);
    vec4 sum = vec4(0.0);
    for (int k = -4; k <= 4; k++) sum += imageLoad(first, clamp(at + k * way, ivec2(0), imageSize(first) - 1));
    imageStore(result, at, sum / 9.0);
  }
#endif
}
