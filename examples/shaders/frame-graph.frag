#version 450
layout(push_constant) uniform Pass { uint operation; uint frame; };
layout(location = 0) out vec4 color;
void main() {
  uvec2 at = uvec2(gl_FragCoord.xy);
  color = vec4(float((at.x + 7u * frame) & 255u), float((at.x * at.y) & 255u), float(at.y & 255u), 255.0) / 255.0;
}
