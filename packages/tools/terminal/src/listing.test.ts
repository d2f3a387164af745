import { expect, test } from "vitest";
import { listing } from "./listing.ts";

const records = [
  { Batch: "report 1", Queue: "embed/1", Failed: "3" },
  { Batch: "a longer name", Queue: "x/1", Failed: "" },
];

test("records are a table where it fits", () => {
  expect(listing(records)).toBe(
    ["Batch          Queue    Failed", "report 1       embed/1  3", "a longer name  x/1", ""].join("\n"),
  );
});

test("records are blocks where a table would be too wide", () => {
  expect(listing(records, 20)).toBe(
    ["Batch   report 1", "Queue   embed/1", "Failed  3", "", "Batch   a longer name", "Queue   x/1", "Failed", ""].join(
      "\n",
    ),
  );
});
