import { expect, test } from "vitest";
import { contentHash } from "./chunk-key.ts";
import { structuredCodec } from "./codec.ts";

const hash = (inputs: readonly unknown[], options = "{}"): string => contentHash(inputs, options, structuredCodec);

test("the same content has the same key, however a string lies in memory", () => {
  const wide = "ü€".concat("plain").slice(2);
  expect(hash([wide, { a: 1 }])).toBe(hash(["plain", { a: 1 }]));
});

test("other content, other order, other borders and other options have another", () => {
  const keys = [hash(["a", "b"]), hash(["b", "a"]), hash(["ab"]), hash(["a", "b"], '{"x":1}'), hash([["a", "b"]])];
  expect(new Set([...keys, hash(["\ud800"]), hash(["\ud801"])]).size).toBe(7);
});
