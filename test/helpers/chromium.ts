/** Debian's Chromium, headless, for tests of what runs in a browser. */

import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

/** The browser's binary. */
export const CHROMIUM: string = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Whether it is installed. */
export const hasChromium: boolean = existsSync(CHROMIUM);

/** Whether tests fail without it, instead of being skipped. */
export const requireChromium: boolean = process.env.VMA_TS_REQUIRE_BROWSER === "1";

const FLAGS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts the browser; throws where it is not there. */
export async function launchChromium(flags: readonly string[] = []): Promise<Browser> {
  if (!hasChromium) throw new Error(`VMA_TS_REQUIRE_BROWSER is set, and there is no ${CHROMIUM}`);
  return chromium.launch({ executablePath: CHROMIUM, args: [...FLAGS, ...flags], timeout: 60_000 });
}

/**
 * Starts the browser with WebGPU, on the SwiftShader that it brings, and so that canvases are presented: with `--disable-gpu`, or
 * without one of these flags, WebGPU computes and what is drawn to a canvas is never seen.
 */
export function launchWithWebGpu(flags: readonly string[] = []): Promise<Browser> {
  if (!hasChromium) throw new Error(`VMA_TS_REQUIRE_BROWSER is set, and there is no ${CHROMIUM}`);
  const args = FLAGS.filter((flag) => flag !== "--disable-gpu");
  args.push(
    "--enable-unsafe-webgpu",
    "--use-webgpu-adapter=swiftshader",
    "--use-angle=swiftshader",
    "--use-vulkan=swiftshader",
    "--enable-features=Vulkan",
    "--ignore-gpu-blocklist",
    ...flags,
  );
  return chromium.launch({ executablePath: CHROMIUM, args, timeout: 60_000 });
}
