#version 450
layout(set = 0, binding = 0) uniform sampler2D checks;
layout(location = 0) in vec2 uv;
layout(location = 1) in float light;
layout(location = 0) out vec4 color;

void main() {
  color = vec4(texture(checks, uv * 2).rgb * light, 1);
}
