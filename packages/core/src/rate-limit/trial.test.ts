import { expect, it } from "vitest";
import { seededRandom } from "../../test/latency/random.ts";
import { Trial } from "./trial.ts";

/** Calls that are sent without a pace before one of them says that it helps: at most so many. */
function calls(trial: Trial, isRefused: () => boolean, most: number = 1000): number {
  for (let number = 0; number < most; number++) {
    if (!isRefused()) trial.passed();
    else if (trial.refused(number)) return number + 1;
  }
  return most;
}

it("P46 where few were refused with the pace, two refusals say that it helps, and after answers a few more", () => {
  expect(calls(new Trial(0, 0.05, 0), () => true)).toBe(2);
  let count = 0;
  expect(calls(new Trial(0, 0.05, 0), () => ++count > 20)).toBeLessThanOrEqual(23);
});

it.for([0.1, 0.2, 0.3, 0.5])(
  "P46 a share of %d that is refused with the pace and without it is taken for chance, nine times in ten",
  (share) => {
    const isEarly = Array.from({ length: 200 }, (_, seed) => {
      const random = seededRandom(seed);
      return calls(new Trial(0, share, 0), () => random() < share, 50) < 50;
    });
    expect(isEarly.filter(Boolean).length).toBeLessThanOrEqual(20);
  },
);

it("P46 a limit is noticed by a few refusals, where half of the calls were refused with the pace, too", () => {
  expect(calls(new Trial(0, 0.5, 0), () => true)).toBeLessThanOrEqual(8);
});

it("P55 calls that were sent before and have not been refused count, though their answers are yet to come", () => {
  const trial = new Trial(0, 0.3, 100);
  // Each fourth, as refusals come at once.
  expect(Array.from({ length: 20 }, (_, each) => trial.refused(103 + 4 * each))).not.toContain(true);
});
