import { expect, test } from "vitest";
import { limitsIn, resetMs, xRateLimits } from "./headers.ts";

test.for<[string, number | undefined]>([
  ["0s", 0],
  ["1s", 1000],
  ["20ms", 20],
  ["6m0s", 360_000],
  ["8.64s", 8640],
  ["1h2m3.5s", 3_723_500],
  ["2m59.56s", 179_560],
  ["1d", 86_400_000],
  ["90µs", 0.09],
  ["17", 17_000],
  ["0", 0],
  ["-1", undefined],
  ["", undefined],
  ["soon", undefined],
  ["1s?", undefined],
  ["PT30S", 30_000],
  ["P1DT2H", 93_600_000],
  ["P", undefined],
  ["1795478403", 3000],
  ["1795478403000", 3000],
  ["1795478000", 0],
  ["2026-11-24T00:00:03Z", 3000],
  ["2026-11-23T23:00:00Z", 0],
])("a reset of %s is %s milliseconds", ([text, expected]) => {
  expect(resetMs(text, Date.parse("2026-11-24T00:00:00Z"))).toBe(expected);
});

test("reads OpenAI's limits", () => {
  expect(
    factsOf({
      "limit-requests": "3000",
      "remaining-requests": "2999",
      "reset-requests": "20ms",
      "limit-tokens": "1000000",
      "remaining-tokens": "999000",
      "reset-tokens": "60ms",
    }),
  ).toEqual({
    requests: { limit: 3000, remaining: 2999, resetMs: 20 },
    tokens: { limit: 1_000_000, remaining: 999_000, resetMs: 60 },
  });
});

test("of the account's and the project's tokens the tighter ones count", () => {
  const account = { "limit-tokens": "1000", "remaining-tokens": "900", "reset-tokens": "6s" };
  const project = (limit: string, remaining: string): Record<string, string> => ({
    "limit-project-tokens": limit,
    "remaining-project-tokens": remaining,
    "reset-project-tokens": "7s",
  });
  expect(factsOf({ ...account, ...project("100", "40") })).toEqual({
    tokens: { limit: 100, remaining: 40, resetMs: 7000 },
  });
  expect(factsOf({ ...account, ...project("5000", "4000") })).toEqual({
    tokens: { limit: 1000, remaining: 900, resetMs: 6000 },
  });
  // The lower limit of the one, and the less that is left of the other: whose reset it is can't be said.
  expect(factsOf({ ...account, ...project("5000", "200") })).toEqual({ tokens: { limit: 1000, remaining: 200 } });
  expect(factsOf(project("100", "40"))).toEqual({ tokens: { limit: 100, remaining: 40, resetMs: 7000 } });
});

test("Azure's figures that mean nothing are left out", () => {
  expect(
    factsOf({
      "limit-requests": "60",
      "remaining-requests": "59",
      "reset-requests": "-1",
      "limit-tokens": "-1",
      "remaining-tokens": "-1",
      "reset-tokens": "0",
    }),
  ).toEqual({ requests: { limit: 60, remaining: 59 } });
  expect(factsOf({ "limit-requests": "0", "remaining-requests": "5", "reset-requests": "17" })).toEqual({
    requests: { remaining: 5, resetMs: 17_000 },
  });
});

test("a server that tells no limits says nothing", () => {
  expect(factsOf({})).toBeUndefined();
  expect(factsOf({ "limit-requests": "many", "remaining-requests": " ", "reset-tokens": "1s" })).toBeUndefined();
});

test("headers of other names are read as well, and of several limits of a kind the tighter one", () => {
  const headers = new Headers({
    "anthropic-requests-limit": "50",
    "anthropic-requests-remaining": "49",
    "anthropic-requests-reset": "1s",
    "anthropic-input-limit": "40000",
    "anthropic-output-limit": "8000",
  });
  const named = (name: string) => ({
    limit: `anthropic-${name}-limit`,
    remaining: `anthropic-${name}-remaining`,
    reset: `anthropic-${name}-reset`,
  });
  expect(limitsIn(headers, { requests: [named("requests")], tokens: [named("input"), named("output")] })).toEqual({
    requests: { limit: 50, remaining: 49, resetMs: 1000 },
    tokens: { limit: 8000 },
  });
  expect(limitsIn(headers, { inputs: [{ limit: "anthropic-requests-limit" }] })).toEqual({ inputs: { limit: 50 } });
  expect(limitsIn(headers, { requests: [{ limit: "another" }], tokens: [] })).toBeUndefined();
});

function factsOf(headers: Record<string, string>): ReturnType<typeof xRateLimits> {
  const named = Object.entries(headers).map(([name, value]): [string, string] => [`x-ratelimit-${name}`, value]);
  return xRateLimits(new Headers(named));
}
