import { expect, it } from "vitest";
import type { Settlement } from "../contract/rate-limiter.ts";
import { Pause } from "./pause.ts";

const LIMITED: Settlement = { outcome: "limited" };

/** Milliseconds of the pauses after refusals in a row, each of a call that begins when the pause before is over. */
function pauses(count: number, pause: Pause = new Pause(), from: number = 0): number[] {
  let now = from;
  return Array.from({ length: count }, () => {
    pause.apply(LIMITED, now, now + 10);
    const ms = pause.leftMs(now + 10);
    now += 10 + ms;
    return ms;
  });
}

it("there is none before a refusal", () => {
  expect(new Pause().leftMs(0)).toBe(0);
});

it("P21 a refusal that names no wait pauses, and each further one twice as long, up to a minute", () => {
  expect(pauses(9)).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
});

it("a call that passes ends the doubling", () => {
  const pause = new Pause();
  pauses(3, pause);
  pause.apply({ outcome: "ok" }, 10_000, 10_010);
  expect(pauses(2, pause, 20_000)).toEqual([500, 1000]);
});

it("a call that fails in another way neither pauses nor ends the doubling", () => {
  const pause = new Pause();
  pauses(1, pause);
  pause.apply({ outcome: "failed" }, 1000, 1010);
  expect(pause.leftMs(1010)).toBe(0);
  expect(pauses(1, pause, 2000)).toEqual([1000]);
});

it("of the calls that were in flight together, the first refusal speaks for all", () => {
  const pause = new Pause();
  for (const startedAt of [0, 0, 509]) pause.apply(LIMITED, startedAt, 10);
  expect(pause.leftMs(10)).toBe(500);
  pause.apply(LIMITED, 510, 520);
  expect(pause.leftMs(520)).toBe(1000);
});

it.for(["limited", "failed", "ok"] as const)(
  "a wait that the provider asks for holds after a call that was %s",
  (outcome) => {
    const pause = new Pause();
    pause.apply({ outcome, retryAfterMs: 3_600_000 }, 0, 10);
    expect(pause.leftMs(10)).toBe(3_600_000);
    expect(pause.leftMs(3_600_009)).toBe(1);
    expect(pause.leftMs(3_600_010)).toBe(0);
    expect(pause.leftMs(9_000_000)).toBe(0);
  },
);

it("a shorter pause never cuts a longer one short", () => {
  const pause = new Pause();
  pause.apply({ outcome: "limited", retryAfterMs: 5000 }, 0, 0);
  pause.apply({ outcome: "limited", retryAfterMs: 100 }, 0, 1000);
  expect(pause.leftMs(1000)).toBe(4000);
});
