import { expect, it } from "vitest";
import { chunkOf } from "../../test/engine-parts.ts";
import { range } from "../../test/regressions/held-backend.ts";
import { factsOf } from "../contract/error-facts.ts";
import { ProviderError } from "../contract/errors.ts";
import { Refusals } from "./refusals.ts";

const refusal = (status: number, more: object = {}): ProviderError =>
  new ProviderError("no", { code: "invalid_input", status, retryable: false, ...more });

function add(refusals: Refusals, from: number, error: ProviderError = refusal(400), size: number = 1): void {
  refusals.add(chunkOf(range(size), from), error, factsOf(error));
}

it("P49 five that say the same are in doubt, and then twice as many", () => {
  const refusals = new Refusals();
  refusals.reset(1);
  for (const at of range(4)) add(refusals, at);
  expect(refusals.isInDoubt).toBe(false);
  add(refusals, 4);
  expect([refusals.isInDoubt, refusals.count]).toEqual([true, 5]);
  refusals.clear();
  for (const at of range(4)) add(refusals, 5 + at);
  expect(refusals.isInDoubt).toBe(false);
  add(refusals, 9);
  expect(refusals.isInDoubt).toBe(true);
});

it("another word, or the same input again, does not add up", () => {
  const refusals = new Refusals();
  refusals.reset(1);
  for (const at of range(4)) add(refusals, at);
  for (const _ of range(9)) add(refusals, 3);
  expect([refusals.count, refusals.isInDoubt]).toEqual([4, false]);
  add(refusals, 4, refusal(403));
  expect([refusals.count, refusals.isInDoubt]).toEqual([1, false]);
});

it("P49 a request of many is in doubt at once where nothing ever got through, unless its bad input is named", () => {
  const refusals = new Refusals();
  add(refusals, 0, refusal(400, { position: 3 }), 20);
  expect(refusals.isInDoubt).toBe(false);
  add(refusals, 0, refusal(400), 20);
  expect(refusals.isInDoubt).toBe(true);
  const later = new Refusals();
  later.reset(1);
  add(later, 0, refusal(400), 20);
  expect(later.isInDoubt).toBe(false);
});
