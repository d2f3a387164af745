import { describe, expect, test } from "vitest";

import { type EmulatorOptions, startEmulator } from "./index.ts";

const refused: [unknown, string][] = [
  [{ seeed: 1 }, "seeed: no such option. Known options: apiKey, seed, limits,"],
  [{ faults: { serverErrors: 1 } }, "faults.serverErrors: no such option."],
  [{ faults: { serverErrorRate: 5 } }, "faults.serverErrorRate: expected a number from 0 to 1, got 5."],
  [{ faults: { resetRate: NaN } }, "faults.resetRate: expected a number from 0 to 1, got NaN."],
  [{ faults: { poison: {} } }, "faults.poison.marker: expected a value, got undefined."],
  [{ faults: { poison: { marker: "" } } }, "faults.poison.marker: expected a string that is not empty, got string."],
  [{ faults: { retryAfter: "never" } }, 'faults.retryAfter: expected one of "seconds", "ms", "none", got string.'],
  [{ limits: { tokensPerMinute: 0 } }, "limits.tokensPerMinute: expected a whole number from 1 to 150000000, got 0."],
  [{ limits: { requestsPerMinute: 0.5 } }, "limits.requestsPerMinute: expected a whole number"],
  [{ limits: 5 }, "limits: expected an object, got 5."],
  [{ fill: 2 }, "fill: expected a number from 0 to 1, got 2."],
  [{ seed: 1.5 }, "seed: expected a whole number"],
  [{ apiKey: "" }, "apiKey: expected a string that is not empty, got string."],
  [{ apiKey: null }, "apiKey: expected a string that is not empty, got null."],
  [{ latency: { baseMs: -1 } }, "latency.baseMs: expected a number from 0 to 3600000, got -1."],
  [{ latency: { jitter: 2 } }, "latency.jitter: expected a number from 0 to 1, got 2."],
  [{ latency: { minMs: 5 } }, "latency.maxMs: expected a value, got undefined."],
  [{ latency: { minMs: 5, maxMs: 4 } }, "latency.maxMs: expected at least minMs (5), got 4."],
  [{ latency: { minMs: 5, maxMs: 6, baseMs: 1 } }, "latency.baseMs: no such option. Known options: minMs, maxMs."],
  [{ jobs: { durationMs: -1 } }, "jobs.durationMs: expected a number from 0 to 3600000, got -1."],
  [{ jobs: { durationMs: [2, 1] } }, "jobs.durationMs[1]: expected at least 2, got 1."],
  [{ jobs: { durationMs: [1] } }, "jobs.durationMs: expected a number of milliseconds, or two, got object."],
  [{ jobs: { expireRate: 2 } }, "jobs.expireRate: expected a number from 0 to 1, got 2."],
  [{ jobs: { canceledSpelling: "x" } }, 'jobs.canceledSpelling: expected one of "CANCELED", "CANCELLED", got string.'],
  [{ models: [] }, "models: expected a list that is not empty"],
  [{ models: ["a", 1] }, "models[1]: expected a string that is not empty, got 1."],
  [{ reply: "x" }, "reply: expected a function, got string."],
  [{ trackInputs: 1 }, "trackInputs: expected true or false, got 1."],
  [{ port: 70_000 }, "port: expected a whole number from 0 to 65535, got 70000."],
  [{ clock: {} }, "clock.now: expected a value, got undefined."],
  [null, "options: expected an object, got null."],
];

describe("an option that cannot be used is named, with what was expected and what came", () => {
  test.each(refused)("%j", async (options, message) => {
    await expect(startEmulator(options as EmulatorOptions)).rejects.toThrow(message);
  });

  test("P35 without a word of its own: it may be a key", async () => {
    await expect(startEmulator({ tokens: "sk-secret" } as never)).rejects.toThrow(/^((?!secret).)*$/);
  });

  test("reset too, and then nothing changes; where it listens cannot be changed", async () => {
    await using emulator = await startEmulator();
    const before = emulator.stats();
    expect(() => emulator.reset({ fill: 7 })).toThrow(RangeError);
    expect(() => emulator.reset({ port: 1 } as never)).toThrow("port: no such option.");
    expect(emulator.stats().elapsedMs).toBeGreaterThanOrEqual(before.elapsedMs);
  });
});

test("an option that is undefined is left out", async () => {
  await using emulator = await startEmulator({
    seed: undefined,
    limits: { tokensPerMinute: undefined },
    fill: undefined,
  });
  expect(emulator.stats().requests).toBe(0);
});

test("a jitter above 1 is fine for a lognormal", async () => {
  await using emulator = await startEmulator({ latency: { baseMs: 1, jitter: 2, distribution: "lognormal" } });
  expect(emulator.url).toContain("127.0.0.1");
});
