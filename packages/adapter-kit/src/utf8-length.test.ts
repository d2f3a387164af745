import fc from "fast-check";
import { expect, test } from "vitest";
import { utf8Length } from "./utf8-length.ts";

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.array(fc.constantFrom("a", "é", "東", "😀", "\ud800", "\udc00")).map((parts) => parts.join("")),
);

test("counts the bytes of UTF-8, half characters included", () => {
  fc.assert(
    fc.property(text, (each) => {
      expect(utf8Length(each)).toBe(Buffer.byteLength(each));
    }),
  );
});

test("counts no further than it is asked to", () => {
  fc.assert(
    fc.property(text, fc.nat(40), (each, most) => {
      expect(utf8Length(each, most)).toBe(Math.min(Buffer.byteLength(each), most));
    }),
  );
});

test("long texts are counted in several steps, whatever lies where one ends", () => {
  for (const part of ["a", "é", "東", "😀", "a😀", "\ud800"]) {
    const long = part.repeat(20_000);
    expect(utf8Length(long)).toBe(Buffer.byteLength(long));
    expect(utf8Length(long, 17_001)).toBe(Math.min(17_001, Buffer.byteLength(long)));
  }
});
