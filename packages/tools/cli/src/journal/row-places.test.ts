import fc from "fast-check";
import { expect, test } from "vitest";
import { type Place, RowPlaces } from "./row-places.ts";

test("places are those of a map, whatever is set and deleted", () => {
  const index = fc.oneof(fc.nat(20), fc.nat(20_000));
  const step = fc.record({ index, at: fc.nat(2 ** 31), bytes: fc.nat(2 ** 31), isGone: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), index, (steps, end) => {
      const places = new RowPlaces();
      const model = new Map<number, Place>();
      for (const { index: each, at, bytes, isGone } of steps) {
        if (model.delete(each)) places.delete(each);
        if (isGone) continue;
        model.set(each, { part: 1 + (at % 3), at, bytes });
        places.set(each, { part: 1 + (at % 3), at, bytes });
      }
      expect(places.size).toBe(model.size);
      for (const { index: each } of steps) expect(places.get(each)).toEqual(model.get(each));
      const before = [...model.keys()].filter((each) => each < end);
      expect([...places.before(end)].toSorted((one, other) => one - other)).toEqual(
        before.toSorted((one, other) => one - other),
      );
      expect(places.end).toBeGreaterThanOrEqual(Math.max(0, ...[...model.keys()].map((each) => each + 1)));
      for (const each of places.before(end)) places.delete(each);
      expect(places.size).toBe(model.size - before.length);
    }),
  );
});
