import fc from "fast-check";
import type { SchemaElement } from "hyparquet";
import { expect, test } from "vitest";
import { textsOf } from "../outputs/cells.ts";
import { columnTypeOf } from "./column-type.ts";
import { columnValue, dayOf, MistypedValue, momentOf } from "./exact-value.ts";
import { storedValue } from "./stored-value.ts";

/** Value that a file stores, after its way through a kept field's text. */
function again(read: unknown, element: Omit<SchemaElement, "name">): unknown {
  const type = columnTypeOf({ element: { name: "kept", ...element }, children: [], count: 1, path: [] });
  const { exact } = columnValue(read, type);
  return storedValue(textsOf({ kept: exact })["kept"] ?? "", type);
}

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

test("integers of 64 bits, of either sign and none", () => {
  fc.assert(
    fc.property(int64, (value) => {
      expect(again(value, { type: "INT64" })).toBe(value);
    }),
  );
  const unsigned = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  fc.assert(
    fc.property(unsigned, (value) => {
      expect(again(value, { type: "INT64", converted_type: "UINT_64" })).toBe(value);
    }),
  );
});

test("decimals of any scale, as integers and as bytes", () => {
  fc.assert(
    fc.property(int64, fc.nat(18), (value, scale) => {
      const element = { type: "INT64", converted_type: "DECIMAL", scale, precision: 18 } as const;
      expect(again(value, element)).toBe(value);
      const bytes = Buffer.alloc(16);
      bytes.writeBigInt64BE(value >> 64n);
      bytes.writeBigUInt64BE(BigInt.asUintN(64, value), 8);
      expect(again(bytes, { ...element, type: "FIXED_LEN_BYTE_ARRAY" })).toBe(value);
    }),
  );
});

test.each([
  ["MILLIS", 3],
  ["MICROS", 6],
  ["NANOS", 9],
] as const)("timestamps in %s, before 1970 and beyond the years of a Date, with a zone or none", (unit, digits) => {
  fc.assert(
    fc.property(int64, fc.boolean(), (count, isAdjustedToUTC) => {
      const element = { type: "INT64", logical_type: { type: "TIMESTAMP", unit, isAdjustedToUTC } } as const;
      expect(again(momentOf(count, digits), element)).toBe(count);
    }),
  );
});

test("days, before 1970 and beyond the years of a Date", () => {
  const days = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
  fc.assert(
    fc.property(days, (day) => {
      expect(again(dayOf(day), { type: "INT32", converted_type: "DATE" })).toBe(day);
    }),
  );
});

test("floats, infinities, NaN and zero with a sign included", () => {
  fc.assert(
    fc.property(fc.double(), (value) => {
      expect(again(value, { type: "DOUBLE" })).toBe(value);
    }),
  );
  fc.assert(
    fc.property(fc.float(), (value) => {
      expect(Math.fround(again(value, { type: "FLOAT" }) as number)).toBe(value);
    }),
  );
});

test("the timestamps of Impala and old Spark, which are of 96 bits, are in nanoseconds without a zone", () => {
  const type = columnTypeOf({ element: { name: "kept", type: "INT96" }, children: [], count: 1, path: [] });
  expect(columnValue(momentOf(1_700_000_000_123_456_789n, 9), type).exact).toBe("2023-11-14T22:13:20.123456789");
});

test("what an adapter gets: numbers where they hold the digits, and texts where they do not", () => {
  const decimal = { type: "INT64", converted_type: "DECIMAL", scale: 2, precision: 18 } as const;
  const type = columnTypeOf({ element: { name: "kept", ...decimal }, children: [], count: 1, path: [] });
  expect(columnValue(110n, type).value).toBe(1.1);
  expect(columnValue(-5n, type).value).toBe(-0.05);
  expect(columnValue(123_456_789_012_345_678n, type).value).toBe("1234567890123456.78");
});

test("a text that is not UTF-8, or not JSON, is refused, in an object too", () => {
  const text = { name: "kept", type: "BYTE_ARRAY", converted_type: "UTF8" } as const;
  const json = { ...text, converted_type: "JSON" } as const;
  for (const [element, value] of [
    [text, Uint8Array.of(0xff)],
    [json, Uint8Array.of(0xff)],
    [json, ""],
  ] as const) {
    const leaf = { element, children: [], count: 1, path: [] };
    const object = { ...leaf, element: { name: "kept" }, children: [leaf] };
    expect(() => columnValue(value, columnTypeOf(leaf))).toThrow(MistypedValue);
    expect(() => columnValue({ kept: value }, columnTypeOf(object))).toThrow(MistypedValue);
  }
});
