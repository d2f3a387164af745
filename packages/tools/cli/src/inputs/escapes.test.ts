import fc from "fast-check";
import { parse } from "csv-parse/sync";
import { expect, test } from "vitest";
import { collected } from "../testing/collected.ts";
import { doubled, unbroken, unescaped } from "./escapes.ts";

/** Value as Spark and MySQL write it. */
const written = (value: string): string => `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`;

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer, void> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

test("any values, in chunks that end anywhere", async () => {
  const value = fc.string({ unit: fc.constantFrom('"', "\\", ",", "\n", "a", "é") });
  await fc.assert(
    fc.asyncProperty(fc.array(value, { minLength: 1 }), fc.integer({ min: 1, max: 9 }), async (values, size) => {
      const chunks = await collected(doubled(pieces(Buffer.from(values.map(written).join(",")), size), "\\", '"'));
      expect(parse(Buffer.concat(chunks))).toEqual([values]);
    }),
  );
});

test("a backslash before another character is plain text", async () => {
  const chunks = await collected(doubled(pieces(Buffer.from(String.raw`"C:\dir\n"`), 2), "\\", '"'));
  expect(Buffer.concat(chunks).toString()).toBe(String.raw`"C:\dir\n"`);
});

/** Value as MySQL and Snowflake write it without quotes. */
const escaped = (value: string): string => value.replaceAll(/[\n\t,\\]/g, String.raw`\$&`);

test("any values without quotes, in chunks that end anywhere", async () => {
  const value = fc.string({ unit: fc.constantFrom("\\", ",", "\n", "\t", "n", "é") });
  await fc.assert(
    fc.asyncProperty(fc.array(value, { minLength: 1 }), fc.integer({ min: 1, max: 9 }), async (values, size) => {
      const chunks = await collected(unbroken(pieces(Buffer.from(values.map(escaped).join(",")), size), "\\", ","));
      const cells = Buffer.concat(chunks).toString("latin1").split(",");
      expect(cells).toHaveLength(values.length);
      expect(Buffer.concat(chunks).includes("\n")).toBe(false);
      const read = cells.map((cell) => Buffer.from(unescaped(cell, "\\", ","), "latin1").toString());
      expect(read).toEqual(values);
    }),
  );
});
