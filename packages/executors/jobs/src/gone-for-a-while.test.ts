import { FakeClock, runOn } from "@batchwise/testkit";
import { describe, expect, test } from "vitest";
import { type BatchScript, batchWorld } from "./testing/batch-api.ts";

const texts = Array.from({ length: 10 }, (_, index) => "x".repeat(index + 1));
const vectors = texts.map((text) => Float32Array.of(text.length));

const outages: Readonly<Record<string, () => Response | Promise<never>>> = {
  "connection refused": () => Promise.reject(new TypeError("fetch failed", { cause: { code: "ECONNREFUSED" } })),
  "503 without a header": () => new Response("", { status: 503 }),
  // sipeed/picoclaw#1075: a proxy's page with a good status.
  "a page with 200": () => new Response("<!doctype html><html></html>", { headers: { "content-type": "text/html" } }),
};
const calls: Readonly<Record<string, RegExp>> = {
  uploading: /^POST .files/,
  creating: /^POST .batches/,
  polling: /^GET .batches.batch/,
  downloading: /^GET .files/,
};
const cases = Object.keys(calls).flatMap((call) => Object.keys(outages).map((outage) => [call, outage] as const));

describe("P42 a provider that is gone for 90 s costs nothing", () => {
  test.for(cases)("while %s: %s", async ([name, outage]) => {
    const clock = new FakeClock();
    let goneAt: number | undefined;
    const answer = (call: string): Response | Promise<never> | undefined => {
      if (calls[name]!.test(call)) goneAt ??= clock.now();
      return goneAt !== undefined && clock.now() < goneAt + 90_000 ? outages[outage]!() : undefined;
    };
    const { api, jobs } = batchWorld({ answer }, {}, clock);
    expect(await runOn(clock, jobs.batch(texts))).toEqual(vectors);
    expect(api.jobs).toHaveLength(1);
    expect(goneAt).toBeDefined();
  });

  test.for([true, false])(
    "a job is created once, although its answer is lost (the server keeps tags: %j)",
    async (keepsTags) => {
      for (const outage of Object.values(outages)) {
        const lose = (call: string, number: number): Response | Promise<never> | undefined =>
          calls["creating"]!.test(call) && number === 0 ? outage() : undefined;
        const { clock, api, jobs } = batchWorld({ lose, keepsTags });
        expect(await runOn(clock, jobs.batch(texts))).toEqual(vectors);
        expect(api.jobs).toHaveLength(1);
      }
    },
  );
});

describe("P44, P45 waits that a server asks for", () => {
  const asked: Readonly<Record<string, (clock: FakeClock) => Record<string, string>>> = {
    nothing: () => ({ "retry-after": "0" }),
    // Reported of Azure.
    "0 ms beside a second": () => ({ "retry-after-ms": "0", "retry-after": "1" }),
    "a time that is past": () => ({ "retry-after": new Date(Date.now() - 30_000).toUTCString() }),
    "a day": () => ({ "retry-after": "86400" }),
  };
  test.for(Object.keys(asked))("%s, with refusals to polls and downloads", async (name) => {
    const clock = new FakeClock();
    const limit: NonNullable<BatchScript["answer"]> = (call, number) =>
      call.startsWith("GET ") && number < 4
        ? new Response("", { status: 429, headers: asked[name]!(clock) })
        : undefined;
    const { api, jobs } = batchWorld({ answer: limit }, {}, clock);
    const ran = runOn(clock, jobs.batch(texts, { retry: { maxRetryAfterMs: 60_000 } }));
    expect(await ran).toEqual(vectors);
    expect(api.jobs).toHaveLength(1);
    // 1 + 2 + 4 + 8 s for each of the two at least, less what is random.
    expect(clock.now()).toBeGreaterThan(60_000 + 24_000);
    expect(clock.now()).toBeLessThan(15 * 60_000);
  });

  test.for(Object.keys(asked))("%s, in states of a job that runs", async (name) => {
    const clock = new FakeClock();
    const running = (): Response =>
      Response.json({ id: "batch-0", status: "in_progress" }, { headers: asked[name]!(clock) });
    const answer: NonNullable<BatchScript["answer"]> = (call, number) =>
      calls["polling"]!.test(call) && number < 4 ? running() : undefined;
    const { api, jobs } = batchWorld({ answer }, {}, clock);
    expect(await runOn(clock, jobs.batch(texts, { retry: { maxRetryAfterMs: 60_000 } }))).toEqual(vectors);
    expect(clock.now()).toBeGreaterThan(60_000);
    expect(clock.now()).toBeLessThan(15 * 60_000);
    expect(api.count(calls["polling"]!)).toBeLessThan(12);
  });
});
