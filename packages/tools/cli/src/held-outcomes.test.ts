import { type Completed, ProviderError } from "@batchwise/core";
import { expect, test } from "vitest";
import { HeldOutcomes } from "./held-outcomes.ts";

type Each = Completed<unknown, unknown>;

const fulfilled = (index: number): Each => ({ index, input: "", status: "fulfilled", value: index });
const refused = (index: number, fields: Partial<ProviderError> = {}): Each => ({
  index,
  input: "",
  status: "rejected",
  reason: new ProviderError("No.", { code: "authentication", status: 401, retryable: false, ...fields }),
});

function make(): { readonly passed: number[]; readonly held: HeldOutcomes } {
  const passed: number[] = [];
  return { passed, held: new HeldOutcomes((outcome) => Promise.resolve(void passed.push(outcome.index))) };
}

test("P47 a refused key is its input's error where the engine asks for another input", async () => {
  const { passed, held } = make();
  for (const outcome of [fulfilled(0), refused(1), fulfilled(2)]) await held.take(outcome);
  expect(passed).toEqual([0, 2]);
  await held.release();
  await held.take(fulfilled(3));
  expect(passed).toEqual([0, 2, 1, 3]);
});

test("P47 at the end of the inputs it is an error like any other", async () => {
  const { passed, held } = make();
  for (const outcome of [fulfilled(0), refused(1), fulfilled(2)]) await held.take(outcome);
  await held.end(undefined);
  expect(passed).toEqual([0, 2, 1]);
});

test.each([
  ["a refused key", refused(1)],
  ["an exhausted quota", refused(1, { code: "quota_exceeded", status: 429 })],
  ["a refused option", refused(1, { code: "invalid_argument", status: 400 })],
])("P24 where %s ends the run, it is left for the next one, and what is answered is kept", async (_, outcome) => {
  const { passed, held } = make();
  for (const each of [fulfilled(0), outcome, fulfilled(2)]) await held.take(each);
  await held.end((outcome as Extract<Each, { status: "rejected" }>).reason);
  expect(passed).toEqual([0, 2]);
});

test("what its user ends keeps every outcome, and other errors hold nothing back", async () => {
  const { passed, held } = make();
  await held.take(refused(0, { code: "invalid_input", status: 403 }));
  expect(passed).toEqual([0]);
  await held.take(refused(1));
  await held.end(new Error("Stopped by the user."));
  expect(passed).toEqual([0, 1]);
});
