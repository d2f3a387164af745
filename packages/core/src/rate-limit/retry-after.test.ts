import { retryAfterMs } from "@batchwise/core";
import { expect, it } from "vitest";

const NOW = Date.UTC(2026, 10, 24, 12, 0, 0);
const read = (headers: Record<string, string>): number | undefined => retryAfterMs(new Headers(headers), NOW);

it.for([
  ["milliseconds", { "retry-after-ms": "1500" }, 1500],
  ["milliseconds before seconds", { "retry-after-ms": "20", "retry-after": "9" }, 20],
  ["seconds", { "retry-after": "2" }, 2000],
  ["parts of a second", { "retry-after": "0.5" }, 500],
  ["nothing to wait", { "retry-after": "0" }, 0],
  ["more than a minute", { "retry-after": "3600" }, 3_600_000],
  ["a date", { "retry-after": "Tue, 24 Nov 2026 12:00:07 GMT" }, 7000],
  ["a date that is past", { "retry-after": "Tue, 24 Nov 2026 11:00:00 GMT" }, 0],
] as const)("P22 %s", ([, headers, expected]) => {
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
