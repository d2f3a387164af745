import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { Dice } from "../dice.ts";
import type { Faults } from "../options.ts";
import { arrangeRows, type RowFault, type RowShape } from "./arrange-rows.ts";

const EMBEDDINGS: RowShape = { indexed: true, vectors: true };
const BY_POSITION: RowShape = { indexed: false, vectors: false };
const always = (...names: RowFault[]): Faults => Object.fromEntries(names.map((name) => [`${name}Rate`, 1]));

describe("an answer's rows", () => {
  test("without faults are in order", () => {
    const { rows, faults } = arrangeRows(3, EMBEDDINGS, {}, new Dice(1, 1));
    expect(rows.map(({ source, index }) => [source, index])).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
    ]);
    expect(faults).toEqual([]);
  });

  test("P5 shuffled: another order, each with its own index", () => {
    const { rows, faults } = arrangeRows(5, EMBEDDINGS, always("shuffle"), new Dice(1, 1));
    expect(rows.map((row) => row.index)).toEqual(rows.map((row) => row.source));
    expect(rows.map((row) => row.index)).not.toEqual([0, 1, 2, 3, 4]);
    expect(rows.map((row) => row.index).toSorted((left, right) => left - right)).toEqual([0, 1, 2, 3, 4]);
    expect(faults).toEqual(["shuffle"]);
  });

  test("P6 short by one", () => {
    const { rows, faults } = arrangeRows(5, BY_POSITION, always("missingRow"), new Dice(1, 1));
    expect(rows).toHaveLength(4);
    expect(faults).toEqual(["missingRow"]);
  });

  test("P6 an index twice", () => {
    const { rows } = arrangeRows(5, EMBEDDINGS, always("duplicateIndex"), new Dice(1, 1));
    expect(rows).toHaveLength(5);
    expect(new Set(rows.map((row) => row.index)).size).toBe(4);
  });

  test("P6 an index beyond the last", () => {
    const { rows } = arrangeRows(5, EMBEDDINGS, always("outOfRangeIndex"), new Dice(1, 1));
    expect(rows.filter((row) => row.index === 5)).toHaveLength(1);
  });

  test("a flaw in one vector", () => {
    expect(flaws("nan")).toEqual(["nan"]);
    expect(flaws("wrongSize")).toEqual(["wrongSize"]);
  });

  test("get only faults of what they have: an index, a vector", () => {
    const faults = always("shuffle", "duplicateIndex", "outOfRangeIndex", "nan", "wrongSize");
    const result = arrangeRows(5, BY_POSITION, faults, new Dice(1, 1));
    expect(result).toEqual(arrangeRows(5, BY_POSITION, {}, new Dice(1, 1)));
    expect(arrangeRows(0, EMBEDDINGS, always("shuffle", "missingRow", "nan"), new Dice(1, 1))).toEqual({
      rows: [],
      faults: [],
    });
  });
});

function flaws(fault: RowFault): (string | undefined)[] {
  const { rows } = arrangeRows(4, EMBEDDINGS, always(fault), new Dice(1, 1));
  return rows.map((row) => row.flaw).filter((flaw) => flaw !== undefined);
}

test("P6 in any mix, a row with a wrong index can be found by its index alone", () => {
  const rate = fc.constantFrom(0, 0.5, 1);
  const faults = fc.record({
    shuffleRate: rate,
    missingRowRate: rate,
    duplicateIndexRate: rate,
    outOfRangeIndexRate: rate,
    nanRate: rate,
    zeroRate: rate,
    wrongSizeRate: rate,
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), faults, fc.nat(), (count, chosen, number) => {
      const { rows } = arrangeRows(count, EMBEDDINGS, chosen, new Dice(1, number));
      for (const row of rows) {
        if (row.index === row.source) continue;
        const sameIndex = rows.filter((each) => each.index === row.index).length;
        expect(row.index === count || sameIndex > 1).toBe(true);
      }
      const sources = rows.map((row) => row.source);
      expect(new Set(sources).size).toBe(sources.length);
    }),
  );
});
