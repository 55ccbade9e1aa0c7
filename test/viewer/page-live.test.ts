/** A living program in the page: followed as it goes on, until it ends. */

import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHROMIUM, hasChromium, requireChromium } from "../helpers/chromium.ts";
import { placesOf } from "../recording/compare.ts";
import { SyntheticProgram } from "../recording/synthetic.ts";
import { eventually, textOf, Viewer } from "./viewer.ts";

const TOKEN = "secret";

/** A program's own server: says what it has, and goes on. */
class LiveProgram {
  readonly #listeners = new Set<ServerResponse>();
  readonly #server: Server;
  #sent: Uint8Array[] = [];
  #isAway = false;
  /** Requests that it got, as they came. */
  readonly asked: string[] = [];

  constructor() {
    this.#server = createServer((request, response) => {
      this.asked.push(request.url ?? "");
      response.setHeader("access-control-allow-origin", "*");
      if (this.#isAway) return void response.destroy();
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

  /** Breaks the streams off, as a network does; whoever comes again is sent away until {@link resume}. */
  drop(): void {
    this.#isAway = true;
    for (const listener of this.#listeners) listener.destroy();
    this.#listeners.clear();
  }

  /** Listens again: whoever comes gets the header and what is sent from now on. */
  resume(header: Uint8Array): void {
    this.#isAway = false;
    this.#sent = [header];
  }

  get listenerCount(): number {
    return this.#listeners.size;
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

    it("is reached again where its stream breaks off, and what was known stays", async () => {
      const bytes = new SyntheticProgram({ operations: 30_000, live: 300, segmentBytes: 70_000 }).finish();
      const { headerEnd, segments } = placesOf(bytes);
      const [second, third] = [segments[1]!, segments[2]!];
      program.resume(bytes.subarray(0, headerEnd));
      program.send(bytes.subarray(headerEnd, second + 100));
      const { page } = await viewer.open([], { hash: `#view=time&live=${address}/chunks?token=${TOKEN}` });
      await eventually(() => textOf(page)).toMatch(/living program\s*live/);
      const events = async (): Promise<number> =>
        Number(/· ([\d,]+) events in/.exec(await textOf(page))?.[1]?.replaceAll(",", "") ?? 0);
      await eventually(events).toBeGreaterThan(1000);
      const before = await events();
      program.drop();
      await eventually(() => textOf(page)).toMatch(/living program\s*reconnecting/);
      expect(await events()).toBe(before);
      program.resume(bytes.subarray(0, headerEnd));
      await eventually(async () => program.listenerCount).toBe(1);
      // What happened meanwhile is lost: the program begins with what is alive now.
      program.send(bytes.subarray(third));
      await eventually(events).toBeGreaterThan(before + 1000);
      await eventually(() => textOf(page)).toMatch(/living program\s*live/);
      program.end();
      await eventually(() => textOf(page)).toMatch(/living program\s*ended/);
      expect(await events()).toBeLessThan(30_000);
      await page.close();
    });

    it("is given up where it is gone", async () => {
      const bytes = new SyntheticProgram({ operations: 5000, live: 300 }).finish();
      const gone = new LiveProgram();
      const goneAddress = await gone.start();
      gone.send(bytes.subarray(0, bytes.length - 200));
      const { page } = await viewer.open([], {
        hash: `#view=time&live=${goneAddress}/chunks?token=${TOKEN}`,
      });
      await eventually(() => textOf(page)).toMatch(/living program\s*live/);
      gone.stop();
      await eventually(() => textOf(page)).toMatch(/living program\s*reconnecting/);
      await expect
        .poll(() => textOf(page), { timeout: 60_000, interval: 200 })
        .toMatch(/living program\s*ended/);
      await page.close();
    }, 90_000);

    it.each([
      ["a wrong token", () => `${address}/bytes?token=wrong`, /does not accept the token/],
      ["nobody there", () => "http://127.0.0.1:9/bytes?token=x", /cannot be reached/],
      ["another machine", () => "http://example.com/bytes", /followed on this machine only/],
      ["another protocol", () => "javascript:alert(1)", /followed on this machine only/],
      ["nonsense", () => "hello", /not the address of a running program/],
    ])("%s is told in words, and nothing else is asked", async (_, link, words) => {
      const { page } = await viewer.open([], { hash: `#live=${encodeURIComponent(link())}` });
      await eventually(() => page.getByRole("alert").innerText()).toMatch(words);
      await page.close();
    });
  },
);
