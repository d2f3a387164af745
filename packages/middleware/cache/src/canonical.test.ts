import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonical, NotCanonical } from "./canonical.ts";

describe("canonical", () => {
  it("two values have the same text only where they are equal", () => {
    const value = fc.object({
      withBigInt: true,
      withTypedArray: false,
      withNullPrototype: false,
      maxDepth: 2,
      maxKeys: 2,
      values: [
        fc.constantFrom("", "a", "1", "n", "undefined"),
        fc.constantFrom(0, -0, 1, NaN),
        fc.constantFrom(null, undefined, true),
      ],
      key: fc.constantFrom("a", "b", "__proto__", "1"),
    });
    fc.assert(
      fc.property(value, value, (left, right) => {
        expect(canonical(left) === canonical(right)).toBe(isDeepStrictEqual(left, right));
        expect(canonical(structuredClone(left))).toBe(canonical(left));
      }),
      { numRuns: 500 },
    );
  });

  it("tells apart what JSON does not", () => {
    const all = [
      undefined,
      null,
      "null",
      NaN,
      0,
      -0,
      "0",
      0n,
      [],
      {},
      [undefined],
      [null],
      { a: undefined },
      { a: null },
      Uint8Array.of(0),
      Buffer.of(0),
      new Float32Array(1),
      new Float64Array(1),
      [0],
      "\ud800",
      "\udfff",
      "é",
      "e\u0301",
    ];
    expect(new Set(all.map(canonical)).size).toBe(all.length);
  });

  it("bytes are those of the view alone", () => {
    const bytes = Uint8Array.of(9, 1, 2, 9);
    expect(canonical(bytes.subarray(1, 3))).toBe(canonical(Uint8Array.of(1, 2)));
  });

  it("the order of keys makes no difference", () => {
    expect(canonical({ a: 1, b: { d: 2, c: 3 } })).toBe(canonical({ b: { c: 3, d: 2 }, a: 1 }));
  });

  it.each([
    ["a function", () => 1],
    ["a symbol", Symbol("x")],
    ["an instance of a class", new Date()],
    ["an instance of a class", new Map()],
    ["an instance of a class", new (class extends Uint8Array {})(1)],
    ["an array with holes", Array.from({ length: 2 }).fill(1, 0, 1).concat(Array(1))],
    ["an object with hidden properties", { [Symbol("x")]: 1 }],
    ["an object with hidden properties", Object.defineProperty({}, "x", { value: 1 })],
  ])("refuses %s", (message, value) => {
    expect(() => canonical({ deep: [value] })).toThrow(message);
  });

  it("refuses what holds itself, and takes what is held twice", () => {
    const twice = { a: 1 };
    expect(canonical([twice, twice])).toBe('[{"a":1},{"a":1}]');
    const self: unknown[] = [];
    self.push(self);
    expect(() => canonical(self)).toThrow(NotCanonical);
  });
});
