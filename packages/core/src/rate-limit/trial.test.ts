import { expect, it } from "vitest";
import { seededRandom } from "../../test/latency/random.ts";
import { Trial } from "./trial.ts";

/** Calls that are sent one after another before one of them says that the pace helps: at most so many. */
function calls(trial: Trial, isRefused: () => boolean, most: number = 1000): number {
  for (let number = 0; number < most; number++) {
    trial.sent(number);
    if (trial.ended(number, isRefused(), -Infinity)) return number + 1;
  }
  return most;
}

it("P46 where few were refused with the pace, two refusals say that it helps, and after answers a few more", () => {
  expect(calls(new Trial(0.05, 0), () => true)).toBe(2);
  let count = 0;
  expect(calls(new Trial(0.05, 0), () => ++count > 20)).toBeLessThanOrEqual(23);
});

it.for([0.1, 0.2, 0.3, 0.5])(
  "P46 a share of %d that is refused with the pace and without it is taken for chance, nine times in ten",
  (share) => {
    const isEarly = Array.from({ length: 200 }, (_, seed) => {
      const random = seededRandom(seed);
      return calls(new Trial(share, 0), () => random() < share, 50) < 50;
    });
    expect(isEarly.filter(Boolean).length).toBeLessThanOrEqual(20);
  },
);

it("P46 a limit is noticed by a few refusals, where half of the calls were refused with the pace, too", () => {
  expect(calls(new Trial(0.5, 0), () => true)).toBeLessThanOrEqual(8);
});

/** Trial of which 80 calls are under way. */
function underWay(): Trial {
  const trial = new Trial(0.3, 100);
  for (let call = 0; call < 80; call++) trial.sent(call);
  return trial;
}

it("P55 calls that were sent before a refusal count as answered, though their answers are yet to come", () => {
  const trial = underWay();
  const each = Array.from({ length: 20 }, (_, four) => trial.ended(103 + 4 * four, true, -Infinity));
  expect(each).not.toContain(true);
});

it("P46 and no longer once they are refused, too: refusals come in any order", () => {
  const trial = underWay();
  const each = Array.from({ length: 16 }, (_, call) => trial.ended(100 + (call ^ 3), true, -Infinity));
  expect(each.indexOf(true)).toBeLessThanOrEqual(7);
});

it("P55 what is under way for longer than a refusal takes counts for good", () => {
  const trial = underWay();
  for (const number of [130, 131, 132, 133]) expect(trial.ended(number, true, 29)).toBe(false);
  for (const number of [134, 135, 136]) trial.ended(number, true, 29);
  expect(trial.ended(137, true, 29)).toBe(true);
});

it("what was sent before the trial says nothing", () => {
  const trial = new Trial(0.05, 100);
  expect([98, 99].map((number) => trial.ended(number, true, -Infinity))).toEqual([false, false]);
});
