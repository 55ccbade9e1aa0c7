/**
 * The live stream: an HTTP server on 127.0.0.1 that sends the chunks of a recording to clients that know its token, as
 * server-sent events (`/chunks`) or as plain bytes (`/bytes`). See docs/recording-format.md.
 */

import { checkInteger } from "../../foundation/check.ts";
import { optionsCheck } from "../../foundation/check-names.ts";
import { builtin } from "../writer/file.ts";

/** Options for serving a recording. */
export interface ServeOptions {
  /** Default 0: any free port. */
  readonly port?: number | undefined;
}

const checkServeNames = optionsCheck<ServeOptions>("the options of serve", { port: true });

/** A server of a recording. */
export interface LiveStream {
  /** The TCP port that it listens on. */
  readonly port: number;
  /** Unguessable; part of the address. */
  readonly token: string;
  /** The address of the server-sent events, for the viewer or an EventSource. */
  readonly url: string;
  /** The address of the same bytes as one endless response. */
  readonly bytesUrl: string;
  /** Ends all connections. */
  close(): void;
}

/** What a server needs from the recording. */
export interface LiveSource {
  join(listener: (chunk: Uint8Array) => void): void;
  leave(listener: (chunk: Uint8Array) => void): void;
}

// The parts of node:http that are used, as not every user of this library has its types.
interface Request {
  readonly url?: string;
  readonly method?: string;
  readonly headers: { readonly host?: string };
}
interface Response {
  writeHead(status: number, headers: { readonly [name: string]: string }): void;
  write(data: string | Uint8Array): boolean;
  end(data?: string): void;
  destroy(): void;
  on(event: "close" | "error", listener: () => void): void;
  readonly writableLength: number;
}
interface Server {
  listen(port: number, host: string, callback: () => void): void;
  on(event: "error", listener: (error: Error) => void): void;
  address(): { readonly port: number };
  close(): void;
  closeAllConnections(): void;
  unref(): void;
}
interface Http {
  createServer(listener: (request: Request, response: Response) => void): Server;
}

const LOOPBACK = "127.0.0.1";
/** A listener with more than this in its buffer is too slow, and is dropped. */
const MAX_BUFFERED = 64 * 1024 * 1024;
const TOKEN_BYTES = 24;

/** Starts a server; resolves when it is listening. */
export function startServer(options: ServeOptions, source: LiveSource): Promise<LiveStream> {
  checkServeNames(options);
  const { port = 0 } = options;
  checkInteger(port, "port", 0, 65535);
  const http = builtin<Http>("node:http");
  const token = makeToken();
  const responses = new Set<Response>();
  const server = http.createServer((request, response) => {
    answer(request, response, token, source, responses);
  });
  return new Promise((resolve, reject) => {
    server.on("error", reject);
    server.listen(port, LOOPBACK, () => {
      server.unref();
      const address = `http://${LOOPBACK}:${server.address().port}`;
      resolve({
        port: server.address().port,
        token,
        url: `${address}/chunks?token=${token}`,
        bytesUrl: `${address}/bytes?token=${token}`,
        close() {
          for (const response of responses) response.end();
          server.close();
          // What was just ended is still being sent.
          setTimeoutIfThere(() => server.closeAllConnections());
        },
      });
    });
  });
}

function answer(
  request: Request,
  response: Response,
  token: string,
  source: LiveSource,
  responses: Set<Response>,
): void {
  const { pathname, searchParams } = new globals.URL(request.url ?? "/", `http://${LOOPBACK}`);
  // A page whose domain name was made to point to this machine sends that name here.
  const isLocal = /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? "");
  if (!isLocal || !isSame(searchParams.get("token") ?? "", token)) {
    refuse(response, 403, "wrong token");
    return;
  }
  if (request.method !== "GET") {
    refuse(response, 405, "only GET");
    return;
  }
  if (pathname !== "/chunks" && pathname !== "/bytes") {
    refuse(response, 404, "/chunks or /bytes");
    return;
  }
  const isEvents = pathname === "/chunks";
  response.writeHead(200, {
    "content-type": isEvents ? "text/event-stream" : "application/octet-stream",
    "cache-control": "no-store",
    // The viewer is a file on this machine, so it has no origin; the token says who may read.
    "access-control-allow-origin": "*",
    "x-content-type-options": "nosniff",
  });
  const listener = (chunk: Uint8Array): void => {
    response.write(isEvents ? `data: ${base64(chunk)}\n\n` : chunk.slice());
    if (response.writableLength > MAX_BUFFERED) response.destroy();
  };
  const leave = (): void => {
    responses.delete(response);
    source.leave(listener);
  };
  response.on("close", leave);
  response.on("error", leave);
  responses.add(response);
  source.join(listener);
}

function refuse(response: Response, status: number, message: string): void {
  response.writeHead(status, { "content-type": "text/plain" });
  response.end(`${message}\n`);
}

/** Compares in constant time, which does not reveal how much was right. */
function isSame(given: string, token: string): boolean {
  let difference = given.length ^ token.length;
  for (let i = 0; i < token.length; i++) difference |= token.charCodeAt(i) ^ (given.charCodeAt(i) || 0);
  return difference === 0;
}

// Types of what every runtime with servers provides.
interface Globals {
  readonly URL: new (
    url: string,
    base: string,
  ) => {
    readonly pathname: string;
    readonly searchParams: { get(name: string): string | null };
  };
  readonly crypto: { getRandomValues(bytes: Uint8Array): Uint8Array };
  readonly btoa: (text: string) => string;
  readonly setTimeout: (callback: () => void, milliseconds: number) => unknown;
}
const globals = globalThis as Partial<Globals> as Globals;

function setTimeoutIfThere(callback: () => void): void {
  const timer = globals.setTimeout(callback, 200);
  if (typeof timer === "object" && timer !== null && "unref" in timer) (timer as { unref(): void }).unref();
}

function makeToken(): string {
  const bytes = globals.crypto.getRandomValues(new Uint8Array(TOKEN_BYTES));
  return base64(bytes).replaceAll("+", "-").replaceAll("/", "_");
}

function base64(bytes: Uint8Array): string {
  let text = "";
  // Not all at once: the number of arguments of a call is limited.
  for (let at = 0; at < bytes.length; at += 0x2000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x2000));
  }
  return globals.btoa(text);
}
