import { describe, expect, test } from "vitest";
import { type Entry, interleave, median, timing } from "./rounds.ts";

describe("median", () => {
  test("is the middle of an odd count, in any order", () => {
    expect(median([30, 1, 2])).toBe(2);
  });

  test("is the mean of the middle two of an even count", () => {
    expect(median([4, 1, 3, 100])).toBe(3.5);
  });

  test("sorts numbers as numbers, and leaves its argument alone", () => {
    const values = [10, 9, 100];
    expect(median(values)).toBe(10);
    expect(values).toEqual([10, 9, 100]);
  });

  test("is NaN for no values", () => {
    expect(median([])).toBeNaN();
  });
});

test("timing has the range beside the median", () => {
  expect(timing([5, 1, 9])).toEqual({ median: 5, least: 1, most: 9, rounds: 3 });
});

describe("interleave", () => {
  test("starts each round one entry further, and collects garbage before every run", async () => {
    const log: string[] = [];
    const bench = timeline({ a: [1, 1, 1], b: [1, 1, 1], c: [1, 1, 1] }, log);
    await interleave(bench.entries, {
      rounds: 3,
      budgetMs: 1000,
      now: bench.now,
      collect: () => log.push("gc"),
    });
    expect(log.filter((each) => each !== "gc").join("")).toBe("abcbcacab");
    expect(log.filter((_, index) => index % 2 === 0)).toEqual(Array.from({ length: 9 }, () => "gc"));
  });

  test("returns the times of each entry's own runs", async () => {
    const bench = timeline({ quick: [10, 30, 20], slow: [400, 600, 500] });
    const timings = await interleave(bench.entries, {
      rounds: 3,
      budgetMs: 10_000,
      now: bench.now,
      collect: noop,
    });
    expect(timings.get("quick")).toEqual({ median: 20, least: 10, most: 30, rounds: 3 });
    expect(timings.get("slow")).toEqual({ median: 500, least: 400, most: 600, rounds: 3 });
  });

  test("leaves out an entry that has used its budget, after its least rounds", async () => {
    const bench = timeline({ quick: [1, 1, 1, 1, 1], slow: [900, 900, 900] });
    const timings = await interleave(bench.entries, {
      rounds: 5,
      budgetMs: 1000,
      leastRounds: 3,
      now: bench.now,
      collect: noop,
    });
    expect(timings.get("quick")?.rounds).toBe(5);
    expect(timings.get("slow")?.rounds).toBe(3);
  });

  test("a wrong result ends the measurement, outside of the measured time", async () => {
    const times: number[] = [];
    const entries: readonly Entry[] = [
      {
        name: "wrong",
        run: async () => () => {
          times.push(clock);
          throw new Error("a wrong output");
        },
      },
    ];
    let clock = 0;
    const run = interleave(entries, {
      rounds: 1,
      budgetMs: 1000,
      now: () => clock++,
      collect: noop,
    });
    await expect(run).rejects.toThrow("a wrong output");
    expect(times).toEqual([2]);
  });
});

/** Entries whose runs take the given times on their own clock. */
function timeline(times: Readonly<Record<string, readonly number[]>>, log: string[] = []) {
  let clock = 0;
  const entries = Object.entries(times).map(([name, own]): Entry => {
    const left = [...own];
    return {
      name,
      run: async () => {
        log.push(name);
        clock += left.shift() ?? Number.NaN;
        return noop;
      },
    };
  });
  return { entries, now: () => clock };
}

function noop(): void {}
