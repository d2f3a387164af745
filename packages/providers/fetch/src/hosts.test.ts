import { FakeClock, runOn } from "@batchwise/testkit";
import { describe, expect, test } from "vitest";
import { Wire } from "./fixtures/wire.ts";
import { Fetcher } from "./fetcher.ts";
import { Hosts } from "./hosts.ts";
import type { FetcherOptions } from "./options.ts";

const hostOf = ({ url }: { url: string }): string => new URL(url).host;

interface Crawl {
  /** When each request was sent, by host, in milliseconds. */
  readonly times: Readonly<Record<string, readonly number[]>>;
  /** The most that were in flight at once, by host. */
  readonly peaks: Readonly<Record<string, number>>;
}

async function crawl(
  urls: readonly string[],
  options: FetcherOptions,
  answer: (host: string, number: number) => Response = ok,
): Promise<Crawl> {
  const clock = new FakeClock();
  const times: Record<string, number[]> = {};
  const peaks: Record<string, number> = {};
  const inFlight: Record<string, number> = {};
  const wire = new Wire(async (sent) => {
    const host = hostOf(sent);
    const number = (times[host] ??= []).push(clock.now()) - 1;
    inFlight[host] = (inFlight[host] ?? 0) + 1;
    peaks[host] = Math.max(peaks[host] ?? 0, inFlight[host]);
    await new Promise<void>((resolve) => void clock.after(10, resolve));
    inFlight[host]--;
    return answer(host, number);
  });
  await runOn(clock, new Fetcher({ fetch: wire.fetch, clock, ...options }).batch(urls, { clock }));
  return { times, peaks };
}

function ok(): Response {
  return Response.json("ok");
}

function pages(host: string, count: number): string[] {
  return Array.from({ length: count }, (_, page) => `https://${host}/${page}`);
}

describe("perHost", () => {
  test("maxConcurrency holds for each host, and the others go on", async () => {
    const urls = [...pages("a.com", 6), ...pages("b.com", 6)];
    const { peaks, times } = await crawl(urls, { perHost: { maxConcurrency: 2 } });
    expect(peaks).toEqual({ "a.com": 2, "b.com": 2 });
    expect(times["b.com"]?.[0]).toBe(0);
  });

  test("P29 requestsPerMinute holds for each host", async () => {
    const urls = [...pages("a.com", 5), ...pages("b.com", 2)];
    const { times } = await crawl(urls, { perHost: { requestsPerMinute: 2 } });
    expect(times["a.com"]?.map((at) => Math.floor(at / 60_000))).toEqual([0, 0, 1, 1, 2]);
    expect(times["b.com"]?.map((at) => Math.floor(at / 60_000))).toEqual([0, 0]);
  });

  test("a function says it for each host; a port is a host of its own", async () => {
    const perHost = (host: string): { maxConcurrency: number } | undefined =>
      host === "slow.com" ? { maxConcurrency: 1 } : undefined;
    const urls = [...pages("slow.com", 4), ...pages("slow.com:8080", 4)];
    const { peaks } = await crawl(urls, { perHost });
    expect(peaks).toEqual({ "slow.com": 1, "slow.com:8080": 4 });
  });

  test("L8 all hosts together never have more than maxConcurrency", async () => {
    const clock = new FakeClock();
    let inFlight = 0;
    let peak = 0;
    const wire = new Wire(async () => {
      peak = Math.max(peak, ++inFlight);
      await new Promise<void>((resolve) => void clock.after(10, resolve));
      inFlight--;
      return ok();
    });
    const fetcher = new Fetcher({ fetch: wire.fetch, clock, perHost: { maxConcurrency: 2 }, maxConcurrency: 3 });
    await runOn(clock, fetcher.batch([...pages("a.com", 4), ...pages("b.com", 4)], { clock }));
    expect(peak).toBe(3);
  });
});

describe("a host that asks for a pause", () => {
  test.each([
    ["429", 429],
    ["503", 503],
  ])("gets it: a %s holds all of its requests, and no other host's", async (_, status) => {
    const urls = [...pages("busy.com", 3), ...pages("b.com", 20)];
    const { times } = await crawl(urls, { maxConcurrency: 2 }, (host, number) =>
      host === "busy.com" && number === 0 ? new Response(null, { status, headers: { "retry-after": "60" } }) : ok(),
    );
    expect(times["busy.com"]?.filter((at) => at > 20 && at < 60_000)).toEqual([]);
    expect(times["b.com"]).toHaveLength(20);
  });

  test("P21 a 429 that names no time pauses it for a moment of ours", async () => {
    const { times } = await crawl(pages("busy.com", 3), { maxConcurrency: 1 }, (_, number) =>
      number === 0 ? new Response(null, { status: 429 }) : ok(),
    );
    expect(times["busy.com"]?.[1]).toBeGreaterThanOrEqual(500);
  });
});

describe("memory", () => {
  test("hosts that are quiet are forgotten, those with a pause to keep are not", async () => {
    const clock = new FakeClock();
    const hosts = new Hosts(undefined, clock);
    const visit = async (host: string, retryAfterMs = 0): Promise<void> => {
      (await hosts.enter(host, undefined)).end({ outcome: "failed", retryAfterMs });
    };
    await visit("paused.com", 3_600_000);
    for (let each = 0; each < 5000; each++) {
      await visit(`${each}.com`);
      if (each % 500 === 0) await clock.advance(61_000);
    }
    expect(hosts.size).toBeLessThan(1600);
    let entered = false;
    const again = hosts.enter("paused.com", undefined).then((turn) => {
      entered = true;
      return turn;
    });
    await clock.advance(60_000);
    expect(entered).toBe(false);
    await clock.advance(3_600_000);
    await again;
    expect(entered).toBe(true);
  });
});
