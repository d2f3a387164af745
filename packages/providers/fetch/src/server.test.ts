import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { failureOf, snippetsIn } from "@batchwise/testkit";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import * as module from "./index.ts";

const { Fetcher } = module;
const retry = { attempts: 3, minDelayMs: 1 } as const;
let server: Server;
let origin: string;
let handle: (request: IncomingMessage, response: ServerResponse) => void;

beforeAll(async () => {
  server = createServer((request, response) => handle(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test("the README's snippet runs, and prints what it says", async () => {
  handle = ({ url, headers }, response) => {
    response.statusCode = url === "/missing" ? 404 : 200;
    response.end(`<title>${url} of ${String(headers["x-host"])}</title>`);
  };
  const { fetch } = globalThis;
  vi.stubGlobal("fetch", (url: string, init: RequestInit) => {
    const { host, pathname } = new URL(url);
    return fetch(origin + pathname, { ...init, headers: { "x-host": host } });
  });
  const [snippet] = await snippetsIn(new URL("../README.md", import.meta.url));
  const printed = await snippet?.run({ "@batchwise/fetch": module });
  vi.unstubAllGlobals();
  expect(printed?.slice(0, 3).toSorted(([left], [right]) => Number(left) - Number(right))).toEqual([
    [0, "<title>/1 of example.com</title>".length],
    [1, "<title>/2 of example.com</title>".length],
    [2, expect.stringMatching(/got 404/)],
  ]);
  expect(printed?.[3]).toEqual([["/1 of example.com", "/2 of example.com"]]);
});

test("a body that breaks off is fetched again", async () => {
  let calls = 0;
  handle = (_request, response) => {
    response.setHeader("content-length", "8");
    if (++calls === 1) response.write("half", () => response.destroy());
    else response.end("the body");
  };
  expect(await new Fetcher({ as: "text", retry }).batch([origin])).toEqual(["the body"]);
});

test("redirects are followed", async () => {
  handle = ({ url }, response) => {
    if (url === "/old") response.writeHead(302, { location: "/new" });
    response.end(url);
  };
  const seen = await new Fetcher({
    as: async (response) => [response.redirected, response.url, await response.text()],
  }).invoke(`${origin}/old`);
  expect(seen).toEqual([true, `${origin}/new`, "/new"]);
  expect(await failureOf(new Fetcher({ redirect: "manual" }).invoke(`${origin}/old`))).toMatchObject({ status: 302 });
});

test("maxBytes counts what comes out of the compression", async () => {
  handle = (_request, response) => {
    response.setHeader("content-encoding", "gzip");
    response.end(gzipSync("0".repeat(1_000_000)));
  };
  expect(await failureOf(new Fetcher({ as: "bytes", maxBytes: 100_000 }).invoke(origin))).toMatchObject({
    code: "invalid_result",
  });
  expect(await new Fetcher({ as: "bytes", maxBytes: 1_000_000 }).invoke(origin)).toHaveLength(1_000_000);
});

// Reported of gateways that name a compression and send another, or none.
test("P42 a body that is not the gzip that it says is fetched again", async () => {
  let calls = 0;
  handle = (_request, response) => {
    if (++calls === 1) response.setHeader("content-encoding", "gzip");
    response.end('{"a":1}');
  };
  expect(await new Fetcher({ retry }).batch([origin])).toEqual([{ a: 1 }]);
  calls = 0;
  const error = await failureOf(new Fetcher({ retry: false }).invoke(origin));
  expect(error).toMatchObject({ code: "network_error", retryable: true });
});

test("P12 an abort closes the connection", async () => {
  const closed = new Promise<void>((resolve) => {
    handle = ({ socket }, response) => {
      response.write("half");
      socket.once("close", () => resolve());
      controller.abort(new Error("enough"));
    };
  });
  const controller = new AbortController();
  expect(await failureOf(new Fetcher().invoke(origin, { signal: controller.signal }))).toBe(controller.signal.reason);
  await closed;
});

test("a host that is not there is a network error with the system's code", async () => {
  const gone = createServer().listen(0, "127.0.0.1");
  await once(gone, "listening");
  const { port } = gone.address() as AddressInfo;
  gone.close();
  const error = await failureOf(new Fetcher().invoke(`http://127.0.0.1:${port}`));
  expect(error).toMatchObject({ code: "network_error", providerCode: "ECONNREFUSED", retryable: true });
  expect(error.message).not.toContain(String(port));
});
