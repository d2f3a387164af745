import { describe, expect, test } from "vitest";
import { describeTarget, isKept, type SuiteReport, type Target } from "./report.ts";
import { markdownTable, terminalTable } from "./table.ts";

const atMost: Target = {
  name: "the loop",
  bound: "at most",
  limit: 2.1,
  measured: 2.1,
  unit: "times its time",
};
const atLeast: Target = {
  name: "two threads",
  bound: "at least",
  limit: 1.7,
  measured: 1.7,
  unit: "times as fast",
};

describe("a promise", () => {
  test("is kept at its limit and missed beyond", () => {
    expect(isKept(atMost)).toBe(true);
    expect(isKept({ ...atMost, measured: 2.11 })).toBe(false);
    expect(isKept(atLeast)).toBe(true);
    expect(isKept({ ...atLeast, measured: 1.69 })).toBe(false);
  });

  test("is missed when it could not be measured", () => {
    expect(isKept({ ...atMost, measured: Number.NaN })).toBe(false);
    expect(isKept({ ...atLeast, measured: Number.NaN })).toBe(false);
  });

  test("names itself, what was measured, what was promised, and the verdict", () => {
    expect(describeTarget({ ...atMost, measured: 2.314 })).toBe(
      "the loop: 2.31 times its time (promised: at most 2.1): missed",
    );
    expect(describeTarget({ ...atLeast, measured: 163.4 })).toBe(
      "two threads: 163 times as fast (promised: at least 1.7): kept",
    );
  });
});

describe("tables", () => {
  const report: SuiteReport = {
    suite: "engine",
    title: "items",
    columns: [
      { key: "name", title: "contender" },
      { key: "version", title: "version" },
      { key: "order", title: "in order" },
      { key: "time", title: "µs", digits: 2 },
    ],
    rows: [
      { name: "by hand", version: undefined, order: true, time: 0.1 },
      { name: "other", version: "1.2.3", order: false, time: 12.345 },
      { name: "broken", version: "1.0.0", order: false, time: Number.NaN },
    ],
    targets: [atMost],
  };

  test("Markdown is padded, numbers to the right, and ends with the promises", () => {
    expect(markdownTable(report)).toBe(`| contender | version | in order |    µs |
| --------- | ------- | -------- | ----: |
| by hand   | -       | yes      |  0.10 |
| other     | 1.2.3   | no       | 12.35 |
| broken    | 1.0.0   | no       |     - |

- the loop: 2.1 times its time (promised: at most 2.1): kept`);
  });

  test("the terminal shows the same cells", () => {
    const table = terminalTable(report);
    for (const cell of ["items", "by hand", "1.2.3", "yes", "12.35", "promised: at most 2.1"]) {
      expect(table).toContain(cell);
    }
  });
});
