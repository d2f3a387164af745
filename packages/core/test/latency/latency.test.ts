import { describe, expect, it } from "vitest";
import { bestFixed, SWEEP } from "./fixed-setting.ts";
import { LimitedProvider } from "./limited-provider.ts";
import { CrowdedServer, QueueServer } from "./own-servers.ts";
import { noise, seededRandom } from "./random.ts";
import { testWorlds } from "./test-worlds.ts";
import { makeTexts, tokensIn } from "./texts.ts";
import { WORLDS } from "./worlds.ts";

// The others are in a file of their own, so that both run at once.
testWorlds(
  "P55 the size of requests and their number in flight: servers of one's own",
  Object.entries(WORLDS).slice(13),
);

describe("the worlds are what they say", () => {
  const texts = makeTexts(50_000, seededRandom(1));

  it("texts have a median of 60 tokens and a mean of 90", () => {
    const tokens = texts.map((text) => text.tokens).toSorted((left, right) => left - right);
    expect(tokens[25_000]).toBeCloseTo(60, -1);
    expect(tokensIn(texts) / 50_000).toBeCloseTo(90, -0.5);
  });

  it("noise has a median of 1 and the sigma that is asked for", () => {
    const random = seededRandom(1);
    const logs = Array.from({ length: 20_000 }, () => Math.log(noise(random, 0.25)));
    const mean = logs.reduce((sum, each) => sum + each, 0) / logs.length;
    expect(mean).toBeCloseTo(0, 2);
    expect(Math.sqrt(logs.reduce((sum, each) => sum + (each - mean) ** 2, 0) / logs.length)).toBeCloseTo(0.25, 2);
  });

  it("E takes 11.5 s at the bound", () => {
    const clock = { now: () => 0, after: () => () => undefined };
    const provider = new LimitedProvider(clock, seededRandom(1), {
      limits: [
        { kind: "tokens", limit: 20_000_000 },
        { kind: "requests", limit: 12_000 },
      ],
      latency: { baseMs: 80, usPerToken: 10, sigma: 0 },
    });
    expect(provider.boundMs({ requests: 1, tokens: tokensIn(texts) }) / 1000).toBeCloseTo(11.5, 0);
  });

  it("one queue does so many tokens a second whatever the setting, slots and crowds do not", () => {
    const some = texts.slice(0, 5000);
    const ideal = tokensIn(some) / 50;
    const [queue] = bestFixed(some, SWEEP, (clock) => {
      return new QueueServer(clock, seededRandom(1), { slots: 1, baseMs: 0, tokensPerMs: 50 });
    });
    expect(queue!.ms / ideal).toBeCloseTo(1, 1);
    const [slots] = bestFixed(some, SWEEP, (clock) => {
      return new QueueServer(clock, seededRandom(1), { slots: 4, baseMs: 50, tokensPerMs: 50 });
    });
    expect(slots!.concurrency).toBeGreaterThanOrEqual(4);
    expect((4 * slots!.ms) / ideal).toBeGreaterThan(1);
    const [crowded] = bestFixed(some, SWEEP, (clock) => {
      const crowd = { tokensPerMs: 50, baseMs: 5, needed: 4000, room: 64_000, unit: "tokens" } as const;
      return new CrowdedServer(clock, seededRandom(1), crowd);
    });
    const inFlight = crowded!.tokens * crowded!.concurrency;
    expect(inFlight).toBeGreaterThanOrEqual(4000);
    expect(inFlight).toBeLessThanOrEqual(128_000);
    expect(crowded!.ms / ideal).toBeLessThan(1.1);
  });
});
