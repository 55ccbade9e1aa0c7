#version 450
layout(push_constant) uniform Push { mat4 transform; };
layout(location = 0) out vec2 uv;
layout(location = 1) out float light;

const vec2 corners[6] = vec2[](vec2(0, 0), vec2(1, 0), vec2(1, 1), vec2(0, 0), vec2(1, 1), vec2(0, 1));

// A cube of two triangles a face, without any vertex buffer.
void main() {
  int face = gl_VertexIndex / 6;
  uv = corners[gl_VertexIndex % 6];
  vec3 p = vec3(uv * 2 - 1, face % 2 == 0 ? 1 : -1);
  vec3 position = face < 2 ? p.xyz : face < 4 ? p.yzx : p.zxy;
  light = 0.4 + 0.1 * float(face + 1);
  gl_Position = transform * vec4(position, 1);
}
