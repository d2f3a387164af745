import { expect, test } from "vitest";
import { count, counted, dollars, duration } from "./numbers.ts";

test("counts have separators and their noun", () => {
  expect(count(12_345.6)).toBe("12,346");
  expect([counted(1, "file"), counted(1200, "copy", "copies")]).toEqual(["1 file", "1,200 copies"]);
});

test("durations have the two units that fit", () => {
  expect([0, 3, 999, 1234, 12_345, 59_600, 125_000, 11_403_000].map(duration)).toEqual([
    "0 ms",
    "3 ms",
    "999 ms",
    "1.2 s",
    "12 s",
    "59 s",
    "2 min 5 s",
    "3 h 10 min",
  ]);
});

test("dollars keep two digits, however small", () => {
  expect([0, 12.5, 0.1, 0.094, 0.00034123, 0.0000001].map(dollars)).toEqual([
    "$0.00",
    "$12.50",
    "$0.10",
    "$0.094",
    "$0.00034",
    "$0.0000001",
  ]);
});
