import { ArgumentError } from "@batchwise/core";
import { expect, it } from "vitest";
import { Keys } from "./keys.ts";

const identity = (input: unknown): unknown => input;

it("a key is SHA-256 in hexadecimal: what it is made of cannot be read out of it", () => {
  const [key] = new Keys("n", [], identity).of(["secret"], {});
  expect(key).toMatch(/^[0-9a-f]{64}$/);
});

it("a key stays what it is from version to version: entries that were paid for are found again", () => {
  const keys = new Keys({ model: "m", dimensions: 2 }, ["style"], identity);
  expect(keys.of(["text", { b: 1, a: [2] }, Uint8Array.of(1, 2)], { style: "x" } as never)).toMatchInlineSnapshot(`
    [
      "9cfa0d2f0b36009ebda28d8adfb55fb787074bbe24d5246cd9b284519f6155b3",
      "c4f4f93e3b1257925bd0d3051a7865e5874db020552f61d1e8ccb5cfaf83215b",
      "cb40f036852af42a880e6e8aa246599a39026892282d2a87a7fa029b73687289",
    ]
  `);
});

it("namespace and input cannot run into each other", () => {
  const of = (namespace: unknown, input: unknown): unknown => new Keys(namespace, [], identity).of([input], {})[0];
  const all = [of("a", "b"), of('a",[],"b', "b"), of(["a"], "b"), of("a", ["b"]), of("ab", ""), of("b", "a")];
  expect(new Set(all).size).toBe(all.length);
});

it("call options are told apart by name and value, whatever their order; those of nobody are left out", () => {
  const keys = new Keys("n", ["b", "a"], identity);
  const of = (options: object): unknown => keys.of(["x"], options)[0];
  expect(of({ a: 1, b: 2 })).toBe(of({ b: 2, a: 1, signal: undefined, other: 3 }));
  expect(new Set([of({}), of({ a: 1 }), of({ b: 1 }), of({ a: undefined }), of({ a: 1, b: 2 })]).size).toBe(5);
});

it("a call option that cannot be written leaves no input with a key", () => {
  const keys = new Keys("n", ["a"], identity).of(["x", "y"], { a: () => 1 } as never);
  expect(keys.every((key) => ArgumentError.isInstance(key))).toBe(true);
});

it("a `key` that throws fails its input alone, with the error as the cause", () => {
  const cause = new Error("Own.");
  const keys = new Keys<string>("n", [], (input) => {
    if (input === "bad") throw cause;
    return input;
  }).of(["good", "bad"], {});
  expect(keys).toEqual([expect.any(String), expect.objectContaining({ name: "ArgumentError", cause })]);
});
