import { expect, test } from "vitest";
import { structuredCodec } from "./codec.ts";
import { contentHash } from "./content-hash.ts";

const hash = (input: unknown, options = "{}"): string => contentHash(input, structuredCodec.encode(input), options);

test("the same content has the same name, however a string lies in memory", () => {
  const wide = "ü€".concat("plain").slice(2);
  expect(hash(wide)).toBe(hash("plain"));
  expect(hash({ a: 1 })).toBe(hash({ a: 1 }));
});

test("other content, another kind of it and other options have another", () => {
  const values = ["a", "b", ["a"], { a: 1 }, { a: 2 }, 1, "1", undefined, null, "\ud800", "\ud801"];
  const names = [...values.map((value) => hash(value)), hash("a", '{"x":1}')];
  expect(new Set(names).size).toBe(values.length + 1);
});
