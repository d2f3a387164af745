import { expect, it } from "vitest";
import { Silence } from "./silence.ts";

const SLOW = { code: "timeout", retryAfterMs: undefined } as const;
const LIMITED = { code: "rate_limited", retryAfterMs: undefined } as const;
const DOWN = { code: "provider_error", retryAfterMs: undefined } as const;

it.for([
  ["failures alone", [DOWN, DOWN, SLOW, DOWN], 40],
  ["refusals by a limit alone", [LIMITED, LIMITED, LIMITED, LIMITED], 30],
  ["refusals, and failures between them", [LIMITED, DOWN, LIMITED, DOWN], 30],
  ["a refusal after what took too long, which begins anew", [SLOW, SLOW, SLOW, LIMITED], 0],
  ["each such refusal", [LIMITED, LIMITED, SLOW, LIMITED, LIMITED], 10],
] as const)("P42 P43 the time of %s", ([, failures, ms]) => {
  const silence = new Silence();
  silence.begin(0);
  for (const [index, failure] of failures.entries()) silence.failed(10 * (index + 1), failure, 1000);
  expect(silence.ms(10 * failures.length)).toBe(ms);
});

it("P45 waits that are asked for are left out, up to a bound", () => {
  const silence = new Silence();
  silence.begin(0);
  silence.failed(0, { ...LIMITED, retryAfterMs: 50 }, 100);
  silence.failed(40, { ...LIMITED, retryAfterMs: 500 }, 100);
  expect([silence.ms(60), silence.ms(100), silence.ms(300)]).toEqual([-40, 0, 200]);
});
