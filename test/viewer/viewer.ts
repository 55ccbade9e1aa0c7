/** The page as tests use it: built into a folder of its own, opened from its file as people open it. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, ConsoleMessage, Page } from "playwright-core";
import { expect } from "vitest";
import { buildViewer } from "../../tools/viewer.ts";
import { launchChromium } from "../helpers/chromium.ts";

/** A file to open: its name, and what is in it. */
export interface TestFile {
  readonly name: string;
  readonly content: string | Uint8Array;
}

/** The browser with the page. */
export class Viewer {
  readonly folder: string = mkdtempSync(join(tmpdir(), "vma-ts-viewer-"));
  /** The page's text. */
  text = "";
  #browser: Browser | undefined;

  async start(flags: readonly string[] = []): Promise<void> {
    this.text = await buildViewer(join(this.folder, "viewer.html"));
    this.#browser = await launchChromium(flags);
  }

  /** The page, with files open in it; everything that went wrong is collected in `complaints`. */
  async open(
    files: readonly TestFile[] = [],
    { hash = "", text }: { hash?: string; text?: string } = {},
  ): Promise<{ page: Page; complaints: string[] }> {
    const page = await this.#browser!.newPage({ viewport: { width: 1440, height: 900 } });
    const complaints: string[] = [];
    page.on("console", (message: ConsoleMessage) => {
      if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    for (const outcome of ["requestfinished", "requestfailed"] as const)
      page.on(outcome as "requestfailed", (request) => {
        if (/^(file|blob|data):/.test(request.url())) return;
        complaints.push(`request: ${request.url()} ${request.failure()?.errorText ?? "finished"}`);
      });
    let path = join(this.folder, "viewer.html");
    if (text !== undefined) {
      path = join(this.folder, `copy-${++copies}.html`);
      writeFileSync(path, text);
    }
    await page.goto(`${pathToFileURL(path)}${hash}`);
    if (files.length > 0) await this.choose(page, files);
    return { page, complaints };
  }

  /** Chooses files in the page's own dialog, and waits until they are open or refused. */
  async choose(page: Page, files: readonly TestFile[]): Promise<void> {
    const paths = files.map(({ name, content }) => {
      const path = join(this.folder, name);
      writeFileSync(path, content);
      return path;
    });
    await page.setInputFiles("input[type=file]", paths);
    await waitFor(
      page,
      `!document.querySelector("[role=status]") &&
        (document.querySelector("[role=alert]") || viewer.documents.value.length >= ${files.length})`,
    );
  }

  async stop(): Promise<void> {
    await this.#browser?.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
let copies = 0;

/** Waits until an expression is true in the page. (Playwright's own way is forbidden by the page's policy.) */
export async function waitFor(page: Page, expression: string, timeout = 30_000): Promise<void> {
  const end = Date.now() + timeout;
  while (!(await page.evaluate<boolean>(`Boolean(${expression})`))) {
    if (Date.now() > end) throw new Error(`in vain waited for ${expression}`);
    await page.waitForTimeout(20);
  }
}

/** Expects something of what the page shows, as soon as it shows it. */
export const eventually = <T>(read: () => Promise<T>): ReturnType<typeof expect.poll<T>> =>
  expect.poll(read, { timeout: 15_000, interval: 30 });

/** What a person reads. */
export const textOf = (page: Page): Promise<string> => page.evaluate<string>("document.body.innerText");

/** Goes to a view. */
export const tab = (page: Page, name: string): Promise<void> => page.getByRole("tab", { name }).click();
