import { retryAfterMs } from "@batchwise/core";
import { expect, it } from "vitest";

const NOW = Date.UTC(2026, 10, 24, 12, 0, 0);
const read = (headers: Record<string, string>): number | undefined => retryAfterMs(new Headers(headers), NOW);

it.for([
  ["milliseconds", { "retry-after-ms": "1500" }, 1500],
  ["the longer one of milliseconds and seconds", { "retry-after-ms": "20", "retry-after": "9" }, 9000],
  ["seconds", { "retry-after": "2" }, 2000],
  ["parts of a second", { "retry-after": "0.5" }, 500],
  ["more than a minute", { "retry-after": "3600" }, 3_600_000],
  ["a date", { "retry-after": "Tue, 24 Nov 2026 12:00:07 GMT" }, 7000],
] as const)("P22 %s", ([, headers, expected]) => {
  expect(read(headers)).toBe(expected);
});

// The second one is Azure's: https://github.com/github/copilot-cli/issues/3679 (five retries within 0.15 s).
it.for([
  ["0", { "retry-after": "0" }, undefined],
  ["0 milliseconds beside a second", { "retry-after-ms": "0", "retry-after": "1" }, 1000],
  ["a date that is past", { "retry-after": "Tue, 24 Nov 2026 11:00:00 GMT" }, undefined],
] as const)("P44 %s is no wait", ([, headers, expected]) => {
  expect(read(headers)).toBe(expected);
});

it.for([
  ["no header", {}],
  ["a word", { "retry-after": "soon" }],
  ["a negative number", { "retry-after": "-1" }],
  ["no number", { "retry-after-ms": "NaN" }],
  ["nothing", { "retry-after": "" }],
] as const)("P21 %s is not a wait", ([, headers]) => {
  expect(read(headers)).toBeUndefined();
});
