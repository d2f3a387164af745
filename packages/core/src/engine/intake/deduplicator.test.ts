import { expect, it } from "vitest";
import { Deduplicator } from "./deduplicator.ts";

const itself = (input: unknown): unknown => input;

it("P38 the first of equal inputs leads, the others follow and get its outcome, each at its own index", () => {
  const duplicates = new Deduplicator<string, number>((text) => text.toLowerCase());
  expect(duplicates.join(0, "A")).toBeUndefined();
  expect(duplicates.join(1, "b")).toBeUndefined();
  expect(duplicates.join(2, "a")).toBe("follows");
  expect(duplicates.join(5, "A")).toBe("follows");
  expect(duplicates.settle(1, { value: 2 })).toEqual([]);
  expect(duplicates.settle(0, { value: 1 })).toEqual([
    { index: 2, input: "a" },
    { index: 5, input: "A" },
  ]);
});

it("P39 what comes after the outcome gets it at once", () => {
  const duplicates = new Deduplicator<string, number>(itself);
  const outcome = { value: 1 };
  duplicates.join(0, "a");
  duplicates.settle(0, outcome);
  expect(duplicates.join(1, "a")).toBe(outcome);
  expect(duplicates.join(2, "a")).toBe(outcome);
});

it("a failure is shared as an output is", () => {
  const duplicates = new Deduplicator<string, number>(itself);
  const reason = new Error("Refused.");
  duplicates.join(0, "a");
  duplicates.join(1, "a");
  expect(duplicates.settle(0, { reason })).toEqual([{ index: 1, input: "a" }]);
  expect(duplicates.join(2, "a")).toEqual({ reason });
});

it("L14 an output of undefined is an outcome: what comes later does not wait for another", () => {
  const duplicates = new Deduplicator<string, undefined>(itself);
  duplicates.join(0, "a");
  duplicates.settle(0, { value: undefined });
  expect(duplicates.join(1, "a")).toEqual({ value: undefined });
});

it("only a leader's outcome is shared, and only once", () => {
  const duplicates = new Deduplicator<string, number>(itself);
  duplicates.join(0, "a");
  duplicates.join(1, "a");
  expect(duplicates.settle(1, { value: 9 })).toEqual([]);
  expect(duplicates.settle(7, { value: 9 })).toEqual([]);
  expect(duplicates.settle(0, { value: 1 })).toHaveLength(1);
  expect(duplicates.settle(0, { value: 2 })).toEqual([]);
  expect(duplicates.join(2, "a")).toEqual({ value: 1 });
});

it("keys are compared by value, objects by identity", () => {
  const duplicates = new Deduplicator<unknown, number>(itself);
  const object = {};
  const joined = [1, "1", 1n, Number.NaN, undefined, null, object, {}, Number.NaN, undefined, object].map(
    (input, index) => duplicates.join(index, input),
  );
  expect(joined).toEqual([...Array.from({ length: 8 }, () => undefined), "follows", "follows", "follows"]);
});

it("an input whose key can't be told neither leads nor follows", () => {
  let isBroken = true;
  const duplicates = new Deduplicator<string, number>((text) => {
    if (isBroken) throw new TypeError("No key.");
    return text;
  });
  expect(() => duplicates.join(0, "a")).toThrow("No key.");
  isBroken = false;
  expect(duplicates.join(1, "a")).toBeUndefined();
});
