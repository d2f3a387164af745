import stringWidth from "string-width";
import { describe, expect, test } from "vitest";
import { Draw } from "./draw.ts";
import { type SampleRow, tableOf } from "./table.ts";
import { totalsOf, totalsText } from "./totals.ts";

function drawn(count: number, size: number, seed: number): number[] {
  const draw = new Draw<number>(size, seed);
  for (let at = 0; at < count; at++) draw.add(at);
  return draw.values;
}

describe("a draw", () => {
  test("gives every value the same chance", () => {
    const times = Array.from({ length: 20 }, () => 0);
    for (let seed = 0; seed < 4000; seed++)
      for (const value of drawn(20, 5, seed)) times[value] = (times[value] ?? 0) + 1;
    // 1,000 each are expected, with a deviation of 27.
    expect(Math.min(...times)).toBeGreaterThan(880);
    expect(Math.max(...times)).toBeLessThan(1120);
  });

  test("is in order, without repetition, and all where there are fewer", () => {
    const values = drawn(1000, 50, 7);
    expect(values).toEqual([...new Set(values)].toSorted((one, other) => one - other));
    expect(values).toHaveLength(50);
    expect(drawn(3, 50, 7)).toEqual([0, 1, 2]);
  });
});

describe("a table", () => {
  const rows: SampleRow[] = [
    {
      index: 7,
      input: "A long text that has more words than a narrow terminal has columns",
      outcome: { output: { text: "yes" } },
    },
    { index: 12, input: { query: "q" }, outcome: { error: { code: "timeout", message: "Too late." } } },
  ];

  test.each([40, 80, 200])("is no wider than %i columns, and loses no word", (width) => {
    for (const properties of [[], ["a", "b", "c", "d", "e", "f"]]) {
      const text = tableOf(rows, properties, width);
      expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(width);
      const words = text.replaceAll(/[^\w.:]+/g, " ");
      for (const word of ["narrow", "columns", "timeout:", "12", "7"]) expect(words).toContain(word);
    }
  });

  test("loses no character of a text without spaces, of wide characters, or of several to one sign", () => {
    const texts = [
      "这是一个很长的中文句子没有空格",
      "https://example.com/a/very/long/address/without/any/space",
      "👩‍👩‍👧‍👦👍🏽é",
    ];
    for (const text of texts) {
      const shown = tableOf([{ index: 0, input: text, outcome: { output: "" } }], [], 40);
      expect(shown.replaceAll(/[\s│─┌┐└┘├┤┬┴┼]|index|input|output/g, "")).toContain(text);
      expect(Math.max(...shown.split("\n").map((line) => stringWidth(line)))).toBeLessThanOrEqual(40);
    }
  });

  test("shows the beginning of a vector and of a long text", () => {
    const long = "x".repeat(1000);
    const text = tableOf(
      [{ index: 0, input: long, outcome: { output: Float32Array.from([0.25, 1, 2, 3, 4]) } }],
      [],
      500,
    );
    expect(text).toContain("0.250, 1.00, 2.00, 3.00, ... (5 numbers)");
    // One is the head's.
    expect(text.match(/x/g)).toHaveLength(300);
  });
});

describe("totals", () => {
  const estimate = {
    inputs: 1000,
    requests: 1000,
    tokens: undefined,
    outputTokens: undefined,
    cost: undefined,
    shortestMs: undefined,
    unreadable: 0,
  };
  const usage = { inputTokens: 100, outputTokens: 100, totalTokens: 200, cost: 0.5 };
  const report = { usage, requests: 10, durationMs: 2000 } as never;

  test("are scaled by what was paid for: a cache's hits cost nothing, and all may miss it", () => {
    const cache = { hits: 10 } as never;
    const all = totalsOf(estimate, { report, cache }, 20, 5);
    // Two rounds of five took two seconds, and there are 200.
    expect(all).toEqual({ estimate, tokens: 20_000, cost: 50, durationMs: 200_000 });
    const limited = { ...estimate, shortestMs: 600_000 };
    expect(totalsOf(limited, { report, cache }, 20, 5).durationMs).toBe(600_000);
  });

  test("stand beside the bounds of what is weighed, with answers where their longest is known", () => {
    const weighed = { ...estimate, tokens: 90_000, cost: 70 };
    const lines = (outputTokens?: number): string[] =>
      totalsText(totalsOf({ ...weighed, outputTokens }, { report, cache: undefined }, 20, 5), "20 drawn").split("\n");
    expect(lines()).toEqual([
      "All       1,000 inputs, in 1,000 requests; 20 drawn",
      "Tokens    about 10,000 by the sample; inputs alone at most 90,000",
      "Cost      about $25.00 by the sample; inputs alone at most $70.00",
      "Time      about 3 min 20 s by the sample",
    ]);
    expect(lines(50_000)[1]).toBe("Tokens    about 10,000 by the sample; inputs and longest answers at most 90,000");
  });

  test("are unknown where nothing was paid for", () => {
    const all = totalsOf(estimate, { report, cache: { hits: 20 } as never }, 20, 5);
    expect(totalsText(all, "20 drawn").split("\n").slice(1)).toEqual([
      "Tokens    unknown",
      "Cost      unknown",
      "Time      unknown",
    ]);
  });
});
