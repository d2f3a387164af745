import { describe, expect, test } from "vitest";

import { type EmulatorOptions, startEmulator } from "./index.ts";

const refused: [unknown, string | RegExp][] = [
  [{ seeed: 1 }, "Expected only known options, got `seeed`. Known options: profile, apiKey, seed, limits,"],
  [{ faults: { serverErrors: 1 } }, "Expected only known options, got `faults.serverErrors`."],
  [{ faults: { serverErrorRate: 5 } }, "Expected `faults.serverErrorRate` to be a number from 0 to 1, got 5."],
  [{ faults: { resetRate: NaN } }, "Expected `faults.resetRate` to be a number from 0 to 1, got NaN."],
  [{ faults: { badInput: {} } }, "Expected `faults.badInput.marker` to be given, got undefined."],
  [
    { faults: { badInput: { marker: "" } } },
    "Expected `faults.badInput.marker` to be a string that is not empty, got string.",
  ],
  [
    { faults: { retryAfter: "never" } },
    'Expected `faults.retryAfter` to be one of "seconds", "ms", "zeroMs", "none", got string.',
  ],
  [
    { limits: { tokensPerMinute: 0 } },
    "Expected `limits.tokensPerMinute` to be a whole number from 1 to 150000000, got 0.",
  ],
  [{ limits: { requestsPerMinute: 0.5 } }, "Expected `limits.requestsPerMinute` to be a whole number"],
  [{ limits: { requestsPerDay: 100_001 } }, "Expected `limits.requestsPerDay` to be a whole number from 1 to 100000"],
  [{ profile: "olama" }, 'Expected `profile` to be one of "ollama", "azure", "dashscope", '],
  [{ profile: ["azure", "azur"] }, /^Expected `profile\[1\]` to be one of "azure", .*, got "azur"\.$/],
  [{ profile: "sk-1234567890123456789012345678" }, /one of "azure", .*, got string\.$/],
  [{ profile: 5 }, /one of "azure", .*, got 5\.$/],
  [{ profile: [] }, "Expected `profile` to be a list that is not empty, got object."],
  [{ quirks: { errors: "vlm" } }, 'Expected `quirks.errors` to be one of "openai", "azure", '],
  [{ jobs: { rows: [{ rate: 0.5 }] } }, "Expected `jobs.rows[0].row` to be given, got undefined."],
  [{ faults: { answers: [{ status: 500 }] } }, "Expected `faults.answers[0].name` to be given, got undefined."],
  [
    { faults: { answers: [{ name: "a", during: [5, 1] }] } },
    "Expected `faults.answers[0].during[1]` to be at least 5, got 1.",
  ],
  [
    { faults: { answers: [{ name: "a", during: 5 }] } },
    "Expected `faults.answers[0].during` to be two numbers of milliseconds, got 5.",
  ],
  [
    { faults: { answers: [{ name: "a", status: 42 }] } },
    "Expected `faults.answers[0].status` to be a whole number from 200 to 599, got 42.",
  ],
  [
    { faults: { answers: [{ name: "a", headers: { "retry-after": 1 } }] } },
    "Expected `faults.answers[0].headers.retry-after` to be a string that is not empty, got 1.",
  ],
  [{ limits: 5 }, "Expected `limits` to be an object, got 5."],
  [{ fill: 2 }, "Expected `fill` to be a number from 0 to 1, got 2."],
  [{ seed: 1.5 }, "Expected `seed` to be a whole number"],
  [{ apiKey: "" }, "Expected `apiKey` to be a string that is not empty, got string."],
  [{ apiKey: null }, "Expected `apiKey` to be a string that is not empty, got null."],
  [{ latency: { baseMs: -1 } }, "Expected `latency.baseMs` to be a number from 0 to 3600000, got -1."],
  [{ latency: { jitter: 2 } }, "Expected `latency.jitter` to be a number from 0 to 1, got 2."],
  [{ latency: { minMs: 5, maxMs: 4 } }, "Expected `latency.maxMs` to be at least minMs (5), got 4."],
  [{ latency: { slots: 0 } }, "Expected `latency.slots` to be a whole number from 1 to 10000, got 0."],
  [{ latency: { overload: 1 } }, "Expected `latency.slots` to be given with `overload`, got undefined."],
  [{ jobs: { durationMs: -1 } }, "Expected `jobs.durationMs` to be a number from 0 to 3600000, got -1."],
  [{ jobs: { durationMs: [2, 1] } }, "Expected `jobs.durationMs[1]` to be at least 2, got 1."],
  [{ jobs: { durationMs: [1] } }, "Expected `jobs.durationMs` to be a number of milliseconds, or two, got object."],
  [{ jobs: { expireRate: 2 } }, "Expected `jobs.expireRate` to be a number from 0 to 1, got 2."],
  [
    { jobs: { canceledSpelling: "x" } },
    'Expected `jobs.canceledSpelling` to be one of "CANCELED", "CANCELLED", got string.',
  ],
  [{ models: [] }, "Expected `models` to be a list that is not empty"],
  [{ models: ["a", 1] }, "Expected `models[1]` to be a string that is not empty, got 1."],
  [{ reply: "x" }, "Expected `reply` to be a function, got string."],
  [{ trackInputs: 1 }, "Expected `trackInputs` to be true or false, got 1."],
  [{ port: 70_000 }, "Expected `port` to be a whole number from 0 to 65535, got 70000."],
  [{ clock: {} }, "Expected `clock.now` to be given, got undefined."],
  [null, "Expected `options` to be an object, got null."],
];

describe("an option that cannot be used is named, with what was expected and what was got", () => {
  test.each(refused)("%j", async (options, message) => {
    await expect(startEmulator(options as EmulatorOptions)).rejects.toThrow(message);
  });

  test("P35 without its value, which may be a key", async () => {
    await expect(startEmulator({ tokens: "sk-secret" } as never)).rejects.toThrow(/^((?!secret).)*$/);
  });

  test("reset too, which then changes nothing; port and host cannot be changed", async () => {
    await using emulator = await startEmulator();
    const before = emulator.stats();
    expect(() => emulator.reset({ fill: 7 })).toThrow(RangeError);
    expect(() => emulator.reset({ port: 1 } as never)).toThrow("Expected only known options, got `port`.");
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
