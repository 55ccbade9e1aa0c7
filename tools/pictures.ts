/**
 * `npm run picture`: takes the pictures of the viewer for README and docs, in Chromium, of a recording of the demo on a
 * simulated GPU. The figures of the pictures are the demo's; its times are this machine's.
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Browser, chromium } from "playwright-core";
import { RecordKind, readRecording } from "../src/recording/index.ts";
import { buildViewer } from "./viewer.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const SIZE = { width: 1360, height: 820 };

interface Picture {
  /** Of the file in docs/images. */
  readonly name: string;
  readonly hash: string;
  /** Where something is pinned. */
  readonly click?: readonly [x: number, y: number];
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "vma-ts-pictures-"));
  const recording = join(folder, "demo.vmarec");
  const page = join(folder, "viewer.html");
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ["--headless=new", "--no-sandbox"],
  });
  try {
    const demo = [
      "--import",
      "tsx",
      "demo/main.ts",
      "--device",
      "simulator:nvidia-h100",
      "--record",
      recording,
    ];
    execFileSync(process.execPath, demo, { cwd: root, stdio: "ignore" });
    await buildViewer(page);
    for (const picture of pictures(readFileSync(recording)))
      for (const theme of ["light", "dark"] as const) await take(browser, page, recording, picture, theme);
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What is shown: memory with half of it freed, how that came to be, and what is different when it is full again. */
function pictures(bytes: Uint8Array): Picture[] {
  const cursor = readRecording(bytes).cursor();
  /** The last moment of each step. */
  const steps = new Map<string, number>();
  while (cursor.next())
    if (cursor.kind === RecordKind.Mark) steps.set(cursor.name ?? "", cursor.operation - 1);
  const full = steps.get("destroy")!;
  const half = steps.get("defragment")!;
  const again = steps.get("compare")!;
  return [
    { name: "viewer-map", hash: `t=${half}`, click: [700, 480] },
    { name: "viewer-time", hash: `view=time&t=${half}&color=name` },
    { name: "viewer-difference", hash: `view=difference&since=${full}&t=${again}` },
  ];
}

async function take(
  browser: Browser,
  path: string,
  file: string,
  { name, hash, click }: Picture,
  theme: "light" | "dark",
): Promise<void> {
  const page = await browser.newPage({ viewport: SIZE });
  await page.goto(`${pathToFileURL(path)}#theme=${theme}&${hash}`);
  await page.setInputFiles("input[type=file]", file);
  await page.locator(".scrubber").waitFor();
  await page.waitForTimeout(700);
  if (click !== undefined) {
    await page.mouse.click(...click);
    // The pointer is not to be in the picture.
    await page.mouse.move(SIZE.width - 100, SIZE.height - 120);
    await page.waitForTimeout(300);
  }
  const image = join(root, "docs", "images", `${name}${theme === "dark" ? "-dark" : ""}.png`);
  await page.screenshot({ path: image });
  await page.close();
  console.log(image.slice(root.length + 1));
}

await main();
