import { ResultError } from "@batchwise/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { placeInOrder, placeRows } from "./place-rows.ts";

const row = (index: unknown, name: unknown = index): object => ({ index, name });
/** Names of the rows, "error" for what could not be placed. */
const names = (slots: readonly unknown[]): unknown[] =>
  slots.map((slot) => (slot instanceof ResultError ? "error" : (slot as { name: unknown }).name));

test("P5 rows in any order are placed by index", () => {
  const order = fc.integer({ min: 1, max: 30 }).chain((count) =>
    fc.shuffledSubarray(
      Array.from({ length: count }, (_, index) => index),
      { minLength: count },
    ),
  );
  fc.assert(
    fc.property(order, (indexes) => {
      const placed = placeRows(
        indexes.map((index) => row(index)),
        indexes.length,
      );
      expect(names(placed)).toEqual(indexes.map((_, slot) => slot));
    }),
  );
});

test("P6 a missing row fails its own input", () => {
  expect(names(placeRows([row(2), row(0)], 3))).toEqual([0, "error", 2]);
});

test("P6 an index that comes twice fails its input, and the one that it should have been", () => {
  expect(names(placeRows([row(0), row(1, "one"), row(1, "two"), row(3)], 4))).toEqual([0, "error", "error", 3]);
});

test.for([4, 7, -1, 1.5, "", "two", Number.NaN])("P6 an index that is none (%s) belongs to no input", (index) => {
  expect(names(placeRows([row(0), row(1), row(index), row(3)], 4))).toEqual([0, 1, "error", 3]);
});

test("P6 L13 indexes that count from 1 are never taken for indexes from 0", () => {
  expect(names(placeRows([row(1), row(2), row(3)], 3))).toEqual(["error", "error", "error"]);
});

// xorbitsai/inference#5240: of requests that it has put together, each gets its own rows with the numbers of all
test("P52 indexes that are counted on from other requests are in the order of the inputs", () => {
  expect(names(placeRows([row(7), row(8)], 2))).toEqual([7, 8]);
  expect(names(placeRows([row(1)], 1))).toEqual([1]);
});

test.for([[[7, 9]], [[8, 7]], [[2, 3, 4]], [[7]], [["8", "7"]]])(
  "P6 L13 those that are not, or may be ours (%j), are of no use for 2 inputs",
  ([indexes]) => {
    expect(
      names(
        placeRows(
          indexes!.map((index) => row(index)),
          2,
        ),
      ),
    ).toEqual(["error", "error"]);
  },
);

test("P6 a row more than inputs: it may be the answer to another request, and none is used", () => {
  expect(names(placeRows([row(0), row(1), row(2)], 2))).toEqual(["error", "error"]);
});

test("P6 an index beyond the last changes nothing for the others", () => {
  expect(names(placeRows([row(0), row(5)], 2))).toEqual([0, "error"]);
});

test("P6 some rows with an index and some without: those without belong to no input", () => {
  expect(names(placeRows([row(1), row(undefined), row(0)], 3))).toEqual([0, 1, "error"]);
  expect(names(placeRows([row(2), row(undefined), row(undefined)], 3))).toEqual(["error", "error", 2]);
});

// samfoy/pi-session-search#13, spring-projects/spring-ai#7019: Google's endpoint for OpenAI's SDK
test("P52 an index of 0 that is left out is 0, wherever its row stands", () => {
  expect(names(placeRows([row(undefined, "first"), row(1), row(2)], 3))).toEqual(["first", 1, 2]);
  expect(names(placeRows([row(2), row(undefined, "first"), row(1)], 3))).toEqual(["first", 1, 2]);
});

// Gateways of this kind write their numbers as texts, as proto3's JSON does: https://protobuf.dev/programming-guides/json/
test("P52 an index in a text is the number that it writes", () => {
  const texts = [row("2", "c"), row("0", "a"), row("1", "b")];
  expect(names(placeRows(texts, 3))).toEqual(["a", "b", "c"]);
  expect(names(placeRows([texts[0], row(undefined, "a"), texts[2]], 3))).toEqual(["a", "b", "c"]);
  expect(names(placeRows([row("7"), row("8")], 2))).toEqual(["7", "8"]);
});

// BerriAI/litellm-docs#57 and vectorize-io/hindsight#2087: one vector of all inputs, with the index 0;
// esengine/DeepSeek-Reasonix#732: rows are dropped
test.for([1, 2])("P51 the first %i of 3 rows may be counted anew: none is used", (count) => {
  const rows = Array.from({ length: count }, (_, index) => row(index));
  expect(names(placeRows(rows, 3))).toEqual(["error", "error", "error"]);
});

test.for([undefined, null])("rows without any index (%s) are in the order of the inputs", (index) => {
  expect(names(placeRows([row(index, "a"), row(index, "b")], 2))).toEqual(["a", "b"]);
});

test.for([1, 3])("L13 without any index, %i rows for 2 inputs are of no use", (count) => {
  const rows = Array.from({ length: count }, () => ({ name: "?" }));
  expect(names(placeRows(rows, 2))).toEqual(["error", "error"]);
  expect(names(placeInOrder(rows, 2))).toEqual(["error", "error"]);
});

test.for([undefined, null, "rows", { length: 2 }])("L13 no list at all (%j) fails every input", (data) => {
  expect(names(placeRows(data, 2))).toEqual(["error", "error"]);
  expect(names(placeInOrder(data, 2))).toEqual(["error", "error"]);
});

test("the message says what was expected, what was got and what follows", () => {
  const [error] = placeRows([row(1), row(2)], 2);
  expect((error as Error).message).toBe(
    "Expected 2 results, one for each input, got index 2 and no index 0. " +
      "Which result belongs to which input can't be told, so none is used.",
  );
});
