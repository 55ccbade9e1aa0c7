/** The live stream: the same bytes, for those who know the token. */

import { request } from "node:http";
import { describe, expect, it } from "vitest";
import { type LiveStream, RecordedState, Recording, record } from "../../src/recording/index.ts";
import { bufferOf, world } from "../allocator/setup.ts";

/** Status and body of a request; with `host` as the name that the client asked for. */
function get(url: string, host?: string, method = "GET"): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = host === undefined ? {} : { host };
    const sent = request(url, { method, headers, agent: false }, (response) => {
      let body = "";
      response.on("data", (data) => {
        body += data;
      });
      response.on("end", () => resolve({ status: response.statusCode!, body }));
    });
    sent.on("error", reject);
    sent.end();
  });
}

/** Follows a stream until the recording that comes satisfies. */
async function follow(stream: LiveStream, isEnough: (state: RecordedState) => boolean): Promise<Recording> {
  const live = Recording.live();
  const state = new RecordedState();
  const cursor = live.cursor();
  const response = await fetch(stream.bytesUrl);
  for await (const bytes of response.body!) {
    live.append(bytes);
    while (cursor.next()) state.apply(cursor);
    expect(state.contradictions).toBe(0);
    if (isEnough(state)) break;
  }
  return live;
}

describe("the live stream", () => {
  it("begins with a snapshot for whoever joins, and goes on", async () => {
    const { allocator } = world();
    const early = allocator.createBuffer(bufferOf(1000), { name: "early" });
    const recording = record(allocator);
    for (let i = 0; i < 1000; i++) allocator.createBuffer(bufferOf(100)).allocation.destroy();
    const stream = await recording.serve();
    const later: { destroy(): void }[] = [];
    const timer = setInterval(() => {
      later.push(allocator.createBuffer(bufferOf(200), { name: "later" }).allocation);
      recording.flush();
    }, 5);
    const both = (state: RecordedState): boolean => state.allocations.size >= 4;
    const [first, second] = await Promise.all([follow(stream, both), follow(stream, both)]);
    clearInterval(timer);
    for (const live of [first, second]) {
      expect(live.segments[0]!.operations).toBeGreaterThanOrEqual(2000);
      const names = [...live.stateAt(1e9).allocations.values()].map(({ name }) => name);
      expect(names.slice(0, 3)).toEqual(["early", "later", "later"]);
    }
    for (const each of [early.allocation, ...later]) each.destroy();
    recording.end();
    await expect(fetch(stream.url)).rejects.toThrow();
  });

  it("sends chunks as server-sent events, too", async () => {
    const { allocator } = world();
    const recording = record(allocator);
    const stream = await recording.serve();
    const made = allocator.createBuffer(bufferOf(1000), { name: "only" });
    const response = await fetch(stream.url);
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    const live = Recording.live();
    let text = "";
    for await (const bytes of response.body!) {
      text += new TextDecoder().decode(bytes);
      const events = text.split("\n\n");
      text = events.pop()!;
      for (const event of events) live.append(Buffer.from(event.replace("data: ", ""), "base64"));
      if (live.segments.length > 0) break;
    }
    expect(live.header.source).toBe("vulkan");
    expect([...live.stateAt(100).allocations.values()].map(({ name }) => name)).toEqual(["only"]);
    made.allocation.destroy();
    recording.end();
  });

  it("is for those who know the token, on this machine, and nothing else", async () => {
    const { allocator } = world();
    using recording = record(allocator);
    const { port, token, url } = await recording.serve();
    expect(token.length).toBeGreaterThanOrEqual(32);
    const base = `http://127.0.0.1:${port}`;
    expect((await get(`${base}/chunks`)).status).toBe(403);
    expect((await get(`${base}/chunks?token=${token.slice(0, -1)}`)).status).toBe(403);
    expect((await get(`${base}/chunks?token=${"A".repeat(token.length)}`)).status).toBe(403);
    expect((await get(`${base}/?token=${token}`)).status).toBe(404);
    expect((await get(url, "127.0.0.1", "POST")).status).toBe(405);
    // A page that was made to point here by its name.
    expect((await get(url, `evil.example:${port}`)).status).toBe(403);
    const other = await recording.serve();
    expect(other.token).not.toBe(token);
    other.close();
  });

  it("is not opened by itself, nor after the end", async () => {
    const { allocator } = world();
    const recording = record(allocator);
    recording.end();
    await expect(recording.serve()).rejects.toThrow("the recording has ended");
    await expect(record(allocator).serve({ port: 70_000 })).rejects.toThrow(
      "port must be an integer from 0 to 65535",
    );
  });
});
