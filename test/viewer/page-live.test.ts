/** A living program in the page: followed as it goes on, until it ends. */

import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHROMIUM, hasChromium, requireChromium } from "../helpers/chromium.ts";
import { SyntheticProgram } from "../recording/synthetic.ts";
import { eventually, textOf, Viewer } from "./viewer.ts";

const TOKEN = "secret";

/** A program's own server: says what it has, and goes on. */
class LiveProgram {
  readonly #listeners = new Set<ServerResponse>();
  readonly #server: Server;
  #sent: Uint8Array[] = [];
  /** Requests that it got, as they came. */
  readonly asked: string[] = [];

  constructor() {
    this.#server = createServer((request, response) => {
      this.asked.push(request.url ?? "");
      response.setHeader("access-control-allow-origin", "*");
      if (!request.url?.endsWith(`token=${TOKEN}`)) return void response.writeHead(403).end("wrong token");
      for (const bytes of this.#sent) response.write(bytes);
      this.#listeners.add(response);
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  send(bytes: Uint8Array): void {
    this.#sent.push(bytes);
    for (const listener of this.#listeners) listener.write(bytes);
  }

  end(): void {
    for (const listener of this.#listeners) listener.end();
    this.#listeners.clear();
    this.#sent = [];
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

describe.skipIf(!hasChromium && !requireChromium)(
  `a living program in ${CHROMIUM}${hasChromium ? "" : " (not installed)"}`,
  () => {
    const viewer = new Viewer();
    const program = new LiveProgram();
    let address: string;
    beforeAll(async () => {
      await viewer.start();
      address = await program.start();
    }, 120_000);
    afterAll(async () => {
      program.stop();
      await viewer.stop();
    });

    it("is followed to its end, by the link that it gives", async () => {
      const bytes = new SyntheticProgram({ operations: 30_000, live: 300, segmentBytes: 70_000 }).finish();
      const cut = 70_000;
      program.send(bytes.subarray(0, cut));
      const { page } = await viewer.open([], { hash: `#view=time&live=${address}/chunks?token=${TOKEN}` });
      await eventually(() => textOf(page)).toMatch(/living program\s*live/);
      const events = async (): Promise<number> =>
        Number(/· ([\d,]+) events in/.exec(await textOf(page))?.[1]?.replaceAll(",", "") ?? 0);
      await eventually(events).toBeGreaterThan(1000);
      const before = await events();
      // What is pinned stays pinned, although everything has other numbers then.
      await page.locator(".events select").selectOption("allocations");
      await page.locator(".row.event").first().click();
      const pinned = async (): Promise<string> =>
        /Size[\s\S]*Heap/.exec(await page.locator(".inspector").innerText())?.[0] ?? "";
      await eventually(pinned).not.toBe("");
      const size = await pinned();
      for (let at = cut; at < bytes.length; at += 50_000) program.send(bytes.subarray(at, at + 50_000));
      await eventually(events).toBeGreaterThan(before + 15_000);
      expect(await pinned()).toBe(size);
      program.end();
      await eventually(() => textOf(page)).toMatch(/living program\s*ended/);
      await eventually(events).toBeGreaterThanOrEqual(30_000);
      expect(program.asked).toEqual([`/bytes?token=${TOKEN}`]);
      await page.close();
    });

    it.each([
      ["a wrong token", () => `${address}/bytes?token=wrong`, /does not accept the token/],
      ["nobody there", () => "http://127.0.0.1:9/bytes?token=x", /is not to be reached/],
      ["another machine", () => "http://example.com/bytes", /followed on this machine only/],
      ["another protocol", () => "javascript:alert(1)", /followed on this machine only/],
      ["nonsense", () => "hello", /no address of a living program/],
    ])("%s is told in words, and nothing else is asked", async (_, link, words) => {
      const { page } = await viewer.open([], { hash: `#live=${encodeURIComponent(link())}` });
      await eventually(() => page.getByRole("alert").innerText()).toMatch(words);
      await page.close();
    });
  },
);
