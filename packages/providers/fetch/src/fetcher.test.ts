import { getEventListeners } from "node:events";
import { InputError, ProviderError, rateLimiter, ResultError, TimeoutError } from "@batchwise/core";
import { failureOf, FakeClock, runOn } from "@batchwise/testkit";
import { describe, expect, expectTypeOf, test } from "vitest";
import { Body, held, Wire } from "./fixtures/wire.ts";
import { Fetcher } from "./fetcher.ts";
import type { FetchAs, FetcherOptions } from "./options.ts";
import type { FetchInput } from "./target.ts";

const PAGE = "https://example.com/a";

function make<As extends FetchAs>(wire: Wire, options: FetcherOptions<As> = {}): Fetcher<As> {
  return new Fetcher<As>({ fetch: wire.fetch, clock: new FakeClock(), ...options });
}

describe("outputs", () => {
  test("JSON, text, bytes, or what a function makes of the response", async () => {
    const wire = new Wire(() => Response.json({ a: 1 }, { headers: { "x-page": "7" } }));
    const json = await make(wire).invoke(PAGE);
    const text = await make(wire, { as: "text" }).invoke(PAGE);
    const bytes = await make(wire, { as: "bytes" }).invoke(PAGE);
    const page = await make(wire, { as: (response) => Number(response.headers.get("x-page")) }).invoke(PAGE);
    const own = await make(wire, { as: async (response) => (await response.json()) as { a: number } }).invoke(PAGE);
    expect([json, text, page, own]).toEqual([{ a: 1 }, '{"a":1}', 7, { a: 1 }]);
    expect(bytes).toEqual(new TextEncoder().encode('{"a":1}'));
    expectTypeOf(json).toBeUnknown();
    expectTypeOf(text).toBeString();
    expectTypeOf(bytes).toEqualTypeOf<Uint8Array<ArrayBuffer>>();
    expectTypeOf(page).toBeNumber();
    expectTypeOf(own).toEqualTypeOf<{ a: number }>();
    expectTypeOf(await new Fetcher({ fetch: wire.fetch }).invoke(PAGE)).toBeUnknown();
    expectTypeOf(await new Fetcher({ fetch: wire.fetch, as: "text" }).invoke(PAGE)).toBeString();
  });

  test("a function sees the response that came, address and status and all", async () => {
    const wire = new Wire(() =>
      Object.defineProperty(new Response("x", { status: 203 }), "url", { value: "https://b/" }),
    );
    const seen = await make(wire, { as: ({ url, status, ok }) => [url, status, ok] }).invoke(PAGE);
    expect(seen).toEqual(["https://b/", 203, true]);
  });

  test("what a function leaves unread is dropped", async () => {
    const body = new Body(["a", "b"], "hold");
    await make(new Wire(() => new Response(body.stream)), { as: ({ status }) => status }).invoke(PAGE);
    expect(body.canceled).toBe(true);
  });

  test("text is UTF-8, across the borders of pieces, without its byte order mark", async () => {
    const bytes = new TextEncoder().encode("\uFEFFé");
    const pieces = [bytes.slice(0, 4), bytes.slice(4)];
    const stream = ReadableStream.from<Uint8Array<ArrayBuffer>>(pieces);
    expect(await make(new Wire(() => new Response(stream)), { as: "text", maxBytes: 99 }).invoke(PAGE)).toBe("é");
  });

  // resend/resend-node#347, adminsyspro/proxcenter-ui#468: a balancer's or a proxy's page.
  test.each<[string, () => Response]>([
    ["a proxy's page", () => new Response("<html>SECRET", { headers: { "content-type": "text/html" } })],
    ["JSON that is cut off", () => new Response('{"data":["SECRET')],
    ["nothing", () => new Response("")],
    ["another text", () => new Response("SECRET")],
  ])("P42 %s with 200 where JSON should be may pass, and a POST is not sent again", async (_, response) => {
    const error = await failureOf(make(new Wire(response)).invoke(PAGE));
    expect(error).toMatchObject({ code: "provider_error", status: 200, retryable: true });
    expect(error.message).not.toContain("SECRET");
    const post = new Request(PAGE, { method: "POST", body: "b" });
    expect(await failureOf(make(new Wire(response)).invoke(post))).toMatchObject({ retryable: false });
  });

  // unslothai/unsloth#6570, kaito-project/kaito#1880: a server that streams whatever it is asked.
  test("P51 a stream of events where JSON should be is refused once", async () => {
    const events = 'data: {"choices":[{"delta":{"content":"SECRET"}}]}\n\ndata: [DONE]\n\n';
    const headers = { "content-type": "text/event-stream; charset=utf-8" };
    for (const init of [{ headers }, {}]) {
      const wire = new Wire(() => new Response(events, init));
      const [error] = await make(wire).batch([PAGE], { returnExceptions: true });
      expect(error).toMatchObject({ code: "invalid_input", retryable: false });
      expect((error as Error).message).toMatch(/`stream: false`(?!.*SECRET)/);
      expect(wire.sent).toHaveLength(1);
    }
  });

  // decolua/9router#3492.
  test("JSON that is closed as a stream is JSON", async () => {
    const headers = { "content-type": "text/event-stream" };
    const wire = new Wire(() => new Response('{"a":1}\n\ndata: [DONE]\n\n', { headers }));
    expect(await make(wire).invoke(PAGE)).toEqual({ a: 1 });
    // router-for-me/CLIProxyAPI#417
    const commented = new Wire(
      () => new Response(': OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n{"a":1}', { headers }),
    );
    expect(await make(commented).invoke(PAGE)).toEqual({ a: 1 });
  });

  test("a status without a body is no JSON, whenever it is asked", async () => {
    const error = await failureOf(make(new Wire(() => new Response(null, { status: 204 }))).invoke(PAGE));
    expect(error).toBeInstanceOf(ResultError);
    expect(error.message).toMatch(/204/);
  });

  test("what a function throws comes through", async () => {
    const own = new Error("mine");
    const as = (): never => {
      throw own;
    };
    expect(await failureOf(make(new Wire(() => new Response("x")), { as }).invoke(PAGE))).toBe(own);
  });
});

describe("what goes over the wire", () => {
  test("a URL is a GET, with the headers and the redirect that are asked for", async () => {
    const wire = new Wire(() => Response.json(1));
    const fetcher = make(wire, { headers: { "x-a": "1" }, redirect: "error" });
    await fetcher.invoke(new URL(PAGE));
    expect(wire.sent[0]).toMatchObject({ url: PAGE, method: "GET", body: "", redirect: "error" });
    expect([...(wire.sent[0]?.headers ?? [])]).toEqual([["x-a", "1"]]);
  });

  test("without options nothing is added", async () => {
    const wire = new Wire(() => Response.json(1));
    await make(wire).invoke(PAGE);
    expect(wire.sent[0]?.redirect).toBeUndefined();
    expect([...(wire.sent[0]?.headers ?? [])]).toEqual([]);
  });

  test("a Request goes as it is; its headers win", async () => {
    const wire = new Wire(() => Response.json(1));
    const request = new Request(PAGE, { method: "PUT", body: "b", headers: { "x-a": "own", "x-b": "2" } });
    await make(wire, { headers: { "x-a": "usual", "x-c": "3" } }).invoke(request);
    const [sent] = wire.sent;
    expect(sent).toMatchObject({ method: "PUT", body: "b" });
    expect(["x-a", "x-b", "x-c"].map((name) => sent?.headers.get(name))).toEqual(["own", "2", "3"]);
  });

  test("a Request with a body is sent again whole", async () => {
    const clock = new FakeClock();
    const wire = new Wire((_, number) => (number < 2 ? new Response("", { status: 503 }) : Response.json("ok")));
    const request = new Request(PAGE, { method: "PUT", body: "all of it" });
    expect(await runOn(clock, make(wire, { clock }).batch([request], { clock }))).toEqual(["ok"]);
    expect(wire.sent.map(({ body }) => body)).toEqual(["all of it", "all of it", "all of it"]);
    expect(request.bodyUsed).toBe(false);
  });
});

describe("inputs that lead to no request", () => {
  const used = new Request(PAGE, { method: "POST", body: "b" });

  test.each<[string, () => unknown, RegExp]>([
    ["a text that is no URL", () => "/only/a/path?key=SECRET", /a whole URL such as/],
    ["another protocol", () => "file:///etc/SECRET", /http or https/],
    ["a name and password", () => "https://user:SECRET@example.com/", /put them into a header/],
    ["a number", () => 5, /a URL or a Request, got a number/],
    ["nothing", () => undefined, /a URL or a Request, got/],
    ["a Request that has been read", () => (void used.text(), used), /whose body is gone/],
    [
      "a Request that is not wanted",
      () => new Request(PAGE, { signal: AbortSignal.abort() }),
      /its own signal|whose own signal/,
    ],
  ])("P36 %s is an InputError, and its neighbours go", async (_, input, message) => {
    const wire = new Wire(() => Response.json("ok"));
    const slots = await make(wire).batch([PAGE, input() as FetchInput, PAGE], { returnExceptions: true });
    expect(slots[1]).toBeInstanceOf(InputError);
    expect((slots[1] as Error).message).toMatch(message);
    expect((slots[1] as Error).message).not.toContain("SECRET");
    expect([slots[0], slots[2]]).toEqual(["ok", "ok"]);
    expect(wire.sent).toHaveLength(2);
  });

  test("a Request whose own signal is aborted under way ends alone", async () => {
    const own = new AbortController();
    const wire = new Wire((sent, number) => (number === 0 ? held(sent) : Response.json("ok")));
    const both = [new Request(PAGE, { signal: own.signal }), PAGE];
    const run = make(wire).batch(both, { returnExceptions: true });
    await expect.poll(() => wire.sent.length).toBe(2);
    own.abort();
    const [first, second] = await run;
    expect(first).toBeInstanceOf(InputError);
    expect(second).toBe("ok");
  });
});

describe("statuses", () => {
  test("204 is a result without a body", async () => {
    expect(await make(new Wire(() => new Response(null, { status: 204 })), { as: "text" }).invoke(PAGE)).toBe("");
  });

  test.each([
    [301, false],
    [400, false],
    [401, false],
    [402, false],
    [403, false],
    [404, false],
    [408, true],
    [425, true],
    [429, true],
    [500, true],
    [501, false],
    [503, true],
    [505, false],
  ])("P30 %i: retryable %s", async (status, retryable) => {
    const wire = new Wire(() => new Response(null, { status }));
    const error = await failureOf(make(wire).invoke(PAGE));
    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({ status, retryable, code: status === 429 ? "rate_limited" : "provider_error" });
  });

  test("what `accept` takes is a result", async () => {
    const wire = new Wire(() => new Response("gone", { status: 404 }));
    const accept = (status: number): boolean => status < 500;
    expect(await make(wire, { as: "text", accept }).invoke(PAGE)).toBe("gone");
    const picky = make(new Wire(() => new Response("ok")), { as: "text", accept: (status) => status === 201 });
    expect(await failureOf(picky.invoke(PAGE))).toMatchObject({ status: 200, retryable: false });
  });

  test("the body of a refusal is dropped, and in no message", async () => {
    const body = new Body(["SECRET"], "hold");
    const error = await failureOf(
      make(new Wire(() => new Response(body.stream, { status: 500 }))).invoke(`${PAGE}?k=SECRET`),
    );
    expect(body.canceled).toBe(true);
    expect(`${error.message} ${JSON.stringify(error)} ${error.cause}`).not.toMatch(/SECRET|example/);
  });

  test("a refused key at one host ends no batch", async () => {
    const wire = new Wire(({ url }) =>
      url.includes("closed") ? new Response(null, { status: 401 }) : Response.json("ok"),
    );
    const slots = await make(wire, { maxConcurrency: 1 }).batch(["https://closed.com", PAGE], {
      returnExceptions: true,
    });
    expect(slots[1]).toBe("ok");
  });
});

describe("trying again", () => {
  const failing = (): Wire => new Wire(() => new Response(null, { status: 503 }));
  const attempts = async (input: () => FetchInput, options: FetcherOptions = {}): Promise<number> => {
    const clock = new FakeClock();
    const wire = failing();
    await runOn(clock, failureOf(make(wire, { clock, ...options }).batch([input()], { clock })));
    return wire.sent.length;
  };

  test("three times by default, as often as asked, or never", async () => {
    expect(await attempts(() => PAGE)).toBe(3);
    expect(await attempts(() => PAGE, { retry: { attempts: 5 } })).toBe(5);
    expect(await attempts(() => PAGE, { retry: false })).toBe(1);
  });

  test.each([
    ["GET", 3],
    ["HEAD", 3],
    ["PUT", 3],
    ["DELETE", 3],
    ["OPTIONS", 3],
    ["POST", 1],
    ["PATCH", 1],
  ])("%s: %i calls, where the caller does not ask for more", async (method, calls) => {
    expect(await attempts(() => new Request(PAGE, { method }))).toBe(calls);
    expect(await attempts(() => new Request(PAGE, { method }), { retryAnyMethod: true })).toBe(3);
  });

  test("a POST is not tried again after a timeout or a broken connection either", async () => {
    const post = (): Request => new Request(PAGE, { method: "POST" });
    const clock = new FakeClock();
    const slow = await runOn(clock, failureOf(make(new Wire(held), { clock }).invoke(post())));
    expect(slow).toMatchObject({ code: "timeout", retryable: false });
    const down = new Wire(() => Promise.reject(new TypeError("fetch failed")));
    expect(await failureOf(make(down).invoke(post()))).toMatchObject({ code: "network_error", retryable: false });
  });

  test("P45 a host that asks for a day fails that request with the wait, and no other of its own waits", async () => {
    const clock = new FakeClock();
    const headers = { "retry-after": "86400" };
    const wire = new Wire((_, number) =>
      number === 0 ? new Response(null, { status: 429, headers }) : Response.json("ok"),
    );
    const retry = { attempts: 3, maxRetryAfterMs: 60_000 };
    const slots = await runOn(
      clock,
      make(wire, { clock, retry }).batch([PAGE, PAGE, PAGE], { clock, returnExceptions: true }),
    );
    expect(slots[0]).toMatchObject({ code: "rate_limited", retryAfterMs: 86_400_000 });
    expect(slots.slice(1)).toEqual(["ok", "ok"]);
    expect(clock.now()).toBeLessThan(60_000);
  });

  // googleapis/python-genai#1875; Azure sends a wait of 0 in milliseconds beside one of a second.
  test.each<[string, object, Record<string, string>, number]>([
    ["in the body", { error: { details: [{ retryDelay: "38.9s" }] } }, {}, 38_900],
    ["in words", { error: { message: "Please try again in 20s." } }, {}, 20_000],
    ["the longest of both", { error: { message: "Please retry after 3 seconds" } }, { "retry-after": "9" }, 9000],
  ])("P45 a wait %s is waited for", async (_, body, headers, waitMs) => {
    const clock = new FakeClock();
    const wire = new Wire((_sent, number) =>
      number === 0 ? Response.json(body, { status: 429, headers }) : Response.json(1),
    );
    await runOn(clock, make(wire, { clock }).batch([PAGE], { clock }));
    expect(clock.now()).toBeGreaterThanOrEqual(waitMs);
    expect(wire.sent).toHaveLength(2);
  });

  test("P50 a 429 whose code speaks of a quota does not pass", async () => {
    const body = { error: { code: "insufficient_quota", message: "SECRET" } };
    const error = await failureOf(make(new Wire(() => Response.json(body, { status: 429 }))).invoke(PAGE));
    expect(error).toMatchObject({ code: "provider_error", status: 429, retryable: false });
    expect(error.message).not.toContain("SECRET");
  });

  test("P22 Retry-After is waited for", async () => {
    const clock = new FakeClock();
    const headers = { "retry-after": "7" };
    const wire = new Wire((_, number) =>
      number === 0 ? new Response(null, { status: 503, headers }) : Response.json(1),
    );
    await runOn(clock, make(wire, { clock }).batch([PAGE], { clock }));
    expect(clock.now()).toBeGreaterThanOrEqual(7000);
  });
});

describe("P42 an outage", () => {
  const refusal = (): Promise<never> => {
    const cause = Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
    return Promise.reject(new TypeError("fetch failed", { cause }));
  };

  test.each([
    ["from the start", 0],
    ["in the middle", 300],
  ])("of the only server for 90 s, %s, with outageMs: none is lost, and few calls ask", async (_, from) => {
    const clock = new FakeClock();
    let downSince: number | undefined;
    let asked = 0;
    const wire = new Wire((_sent, number) => {
      if (number >= from) downSince ??= clock.now();
      const isDown = downSince !== undefined && clock.now() < downSince + 90_000;
      if (isDown) asked++;
      return isDown ? refusal() : Response.json("ok");
    });
    const urls = Array.from({ length: 1000 }, (_url, index) => `https://example.com/${index}`);
    const retry = { attempts: 3, outageMs: 900_000 };
    const slots = await runOn(clock, make(wire, { clock, retry }).batch(urls, { clock, returnExceptions: true }));
    expect(slots).toEqual(urls.map(() => "ok"));
    expect(asked).toBeLessThanOrEqual(20);
  });

  test("of one host among several: its requests fail after their tries, and the others go on", async () => {
    const clock = new FakeClock();
    const wire = new Wire(({ url }) => (url.includes("dead") ? refusal() : Response.json("ok")));
    const urls = Array.from(
      { length: 200 },
      (_url, index) => `https://${index % 2 === 0 ? "dead" : "good"}.com/${index}`,
    );
    const slots = await runOn(clock, make(wire, { clock }).batch(urls, { clock, returnExceptions: true }));
    expect(slots.filter((slot) => slot === "ok")).toHaveLength(100);
    expect(slots.filter((slot) => ProviderError.isInstance(slot) && slot.code === "network_error")).toHaveLength(100);
    expect(clock.now()).toBeLessThan(10 * 60_000);
  });

  test("what the first pages of a host refuse ends no batch", async () => {
    const clock = new FakeClock();
    const wire = new Wire(({ url }) => {
      const isThere = url.endsWith("7");
      return isThere ? Response.json("ok") : new Response(null, { status: 404 });
    });
    const urls = Array.from({ length: 300 }, (_url, index) => `https://example.com/${index}`);
    const slots = await runOn(clock, make(wire, { clock }).batch(urls, { clock, returnExceptions: true }));
    expect(slots.filter((slot) => slot === "ok")).toHaveLength(30);
    expect(wire.sent).toHaveLength(300);
  });
});

describe("connections", () => {
  test.each([
    ["ECONNRESET", true],
    ["EAI_AGAIN", true],
    ["ENOTFOUND", true],
    ["CERT_HAS_EXPIRED", false],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", false],
  ])("%s: retryable %s, without the host's name", async (code, retryable) => {
    const cause = Object.assign(new Error(`${code} secret.example.com`), { code });
    const wire = new Wire(() => Promise.reject(new TypeError("fetch failed", { cause })));
    const error = await failureOf(make(wire).invoke(PAGE));
    expect(error).toMatchObject({ code: "network_error", retryable, providerCode: code });
    expect(error.cause).toBeUndefined();
    expect(error.message).not.toContain("example.com");
  });

  // vercel/ai#4224, ollama/ollama-js#72.
  test("Node's own 300 s for headers are named, with the way out", async () => {
    const cause = Object.assign(new Error("Headers Timeout Error"), { code: "UND_ERR_HEADERS_TIMEOUT" });
    const wire = new Wire(() => Promise.reject(new TypeError("fetch failed", { cause })));
    const error = await failureOf(make(wire).invoke(PAGE));
    expect(error).toMatchObject({ retryable: true, message: expect.stringMatching(/300 s.*pass a `fetch`/) });
  });

  test.each<FetchAs>(["json", "text", "bytes", (response: Response) => response.text()])(
    "a body that breaks off is a network error: as %s",
    async (as) => {
      const cause = Object.assign(new Error("other side closed"), { code: "UND_ERR_SOCKET" });
      const broken = new TypeError("terminated", { cause });
      const wire = new Wire(() => new Response(new Body(["half"], broken).stream));
      const error = await failureOf(make(wire, { as }).invoke(PAGE));
      expect(error).toMatchObject({ code: "network_error", retryable: true, providerCode: "UND_ERR_SOCKET" });
    },
  );
});

describe("maxBytes", () => {
  test("a body that says it is longer is not read", async () => {
    const body = new Body(["12345"], "hold");
    const wire = new Wire(() => new Response(body.stream, { headers: { "content-length": "5" } }));
    const error = await failureOf(make(wire, { as: "text", maxBytes: 4 }).invoke(PAGE));
    expect(error).toBeInstanceOf(ResultError);
    expect(error.message).toMatch(/at most maxBytes \(4\) bytes/);
    expect(body.canceled).toBe(true);
    expect(body.pulled).toBe(0);
  });

  test.each<FetchAs>(["json", "text", "bytes", (response: Response) => response.text()])(
    "one that does not say so is read no further: as %s",
    async (as) => {
      const body = new Body(["123", "456", "789"], "hold");
      const error = await failureOf(make(new Wire(() => new Response(body.stream)), { as, maxBytes: 4 }).invoke(PAGE));
      expect(error).toBeInstanceOf(ResultError);
      expect(body.canceled).toBe(true);
      expect(body.pulled).toBe(2);
    },
  );

  test("one of just that length is a result, and so is the answer to HEAD", async () => {
    expect(await make(new Wire(() => new Response("1234")), { as: "text", maxBytes: 4 }).invoke(PAGE)).toBe("1234");
    const head = new Wire(() => new Response(null, { headers: { "content-length": "999" } }));
    expect(await make(head, { as: "text", maxBytes: 4 }).invoke(new Request(PAGE, { method: "HEAD" }))).toBe("");
  });
});

describe("time", () => {
  test("timeoutMs covers the body, and ends the request", async () => {
    const clock = new FakeClock();
    const body = new Body(["half"], "hold");
    const wire = new Wire(() => new Response(body.stream));
    const error = await runOn(clock, failureOf(make(wire, { clock, timeoutMs: 2000 }).invoke(PAGE)));
    expect(error).toBeInstanceOf(TimeoutError);
    expect(clock.now()).toBe(2000);
    expect(wire.sent[0]?.signal?.aborted).toBe(true);
  });

  test("P13 waiting for the host is not counted", async () => {
    const clock = new FakeClock();
    const wire = new Wire(() => Response.json("ok"));
    const fetcher = make(wire, { clock, timeoutMs: 1000, perHost: { requestsPerMinute: 1 } });
    expect(await runOn(clock, fetcher.batch([PAGE, PAGE], { clock }))).toEqual(["ok", "ok"]);
    expect(clock.now()).toBe(60_000);
  });

  test("P12 an abort rejects at once with its reason, while the host is waited for too", async () => {
    for (const answer of [held, () => new Promise<Response>(() => {})]) {
      const controller = new AbortController();
      const wire = new Wire(answer);
      const fetcher = make(wire, { perHost: { maxConcurrency: 1 } });
      const calls = [1, 2].map(() => failureOf(fetcher.invoke(PAGE, { signal: controller.signal })));
      await expect.poll(() => wire.sent.length).toBe(1);
      controller.abort(new Error("enough"));
      expect(await Promise.all(calls)).toEqual([controller.signal.reason, controller.signal.reason]);
      expect(wire.sent[0]?.signal?.aborted).toBe(true);
      expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    }
  });

  test("nothing is left on the clock or the signal of a call that is over", async () => {
    const clock = new FakeClock();
    const { signal } = new AbortController();
    await make(new Wire(() => Response.json(1)), { clock }).invoke(PAGE, { signal });
    expect(clock.pending).toBe(0);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});

describe("settings", () => {
  test("5 requests under way at once, 50 where hosts have limits of their own, or as many as asked", () => {
    expect(new Fetcher().settings.maxConcurrency).toBe(5);
    expect(new Fetcher({ perHost: { maxConcurrency: 1 } }).settings.maxConcurrency).toBe(50);
    expect(new Fetcher({ maxConcurrency: 9 }).settings.maxConcurrency).toBe(9);
  });

  test("a limiter of the caller's is passed by all", async () => {
    const clock = new FakeClock();
    const wire = new Wire(() => Response.json(1));
    const limiter = rateLimiter({ requestsPerMinute: 1, clock });
    const fetcher = make(wire, { clock, limiter });
    await runOn(clock, fetcher.batch(["https://a.com", "https://b.com"], { clock }));
    expect(clock.now()).toBe(60_000);
  });
});
