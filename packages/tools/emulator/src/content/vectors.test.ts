import fc from "fast-check";
import { expect, test } from "vitest";

import { floatsOf } from "../fixtures/post.ts";
import { hashText } from "./hash.ts";
import { vectorJson } from "./vector-json.ts";
import { toBase64, toFloat32, vectorOf } from "./vectors.ts";

const dot = (left: Float32Array, right: Float32Array): number =>
  left.reduce((sum, value, index) => sum + value * (right[index] as number), 0);
const jsonOf = (...given: Parameters<typeof vectorJson>): unknown =>
  JSON.parse(Buffer.from(vectorJson(...given)).toString());

test("a vector has length 1, and is the same in every run", () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 3072 }), (text, dimensions) => {
      const vector = toFloat32(vectorOf(text, dimensions));
      expect(vector).toHaveLength(dimensions);
      expect(Math.abs(dot(vector, vector) - 1)).toBeLessThan(1e-5);
      expect(vectorOf(text, dimensions)).toEqual(vectorOf(text, dimensions));
    }),
  );
});

test("the numbers of known texts", () => {
  expect([...vectorOf("hello", 4)]).toMatchInlineSnapshot(`
    [
      -397883261,
      -335994233,
      476535648,
      -708315297,
    ]
  `);
  expect(hashText("hello")).toMatchInlineSnapshot(`"7d20241bcf05c991"`);
});

test("texts that are almost alike have very different vectors", () => {
  const texts = Array.from({ length: 300 }, (_, number) => `text ${number}`);
  const vectors = texts.map((text) => toFloat32(vectorOf(text, 512)));
  const cosines = vectors.flatMap((left, at) => vectors.slice(at + 1).map((right) => dot(left, right)));
  expect(Math.max(...cosines.map(Math.abs))).toBeLessThan(0.3);
  expect(Math.abs(cosines.reduce((sum, cosine) => sum + cosine, 0) / cosines.length)).toBeLessThan(0.01);
});

test("even short vectors of many texts differ", () => {
  const texts = Array.from({ length: 5000 }, (_, number) => String(number));
  expect(new Set(texts.map((text) => vectorOf(text, 4).join())).size).toBe(5000);
  expect(new Set(texts.map(hashText)).size).toBe(5000);
});

test("the decimals and the base64 are the same float32", () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 300 }), (text, dimensions) => {
      const decimals = jsonOf(text, dimensions, "float", undefined) as number[];
      const base64 = jsonOf(text, dimensions, "base64", undefined) as string;
      expect(decimals.map(Math.fround)).toEqual(floatsOf(base64));
    }),
  );
});

test("base64 is little-endian", () => {
  expect(toBase64(Float32Array.of(1, -2))).toBe("AACAPwAAAMA=");
});

test("a flaw is in the first number, or makes the vector one shorter", () => {
  expect((jsonOf("a", 3, "float", "nan") as unknown[])[0]).toBeNull();
  expect(jsonOf("a", 3, "float", "nan")).toHaveLength(3);
  expect(jsonOf("a", 1, "float", "nan")).toEqual([null]);
  expect(floatsOf(jsonOf("a", 3, "base64", "nan") as string).map(Number.isNaN)).toEqual([true, false, false]);
  expect(jsonOf("a", 3, "float", "wrongSize")).toHaveLength(2);
  expect(jsonOf("a", 1, "float", "wrongSize")).toEqual([]);
  expect(floatsOf(jsonOf("a", 3, "base64", "wrongSize") as string)).toHaveLength(2);
});
