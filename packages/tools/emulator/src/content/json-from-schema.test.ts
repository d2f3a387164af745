import { expect, test } from "vitest";

import { valueFor } from "./json-from-schema.ts";

test("an object has every property, and its strings hold the prompt", () => {
  const schema = {
    type: "object",
    properties: {
      name: { type: "string" },
      age: { type: "integer", minimum: 18 },
      score: { type: "number" },
      done: { type: "boolean" },
      nothing: { type: "null" },
      kind: { enum: ["a", "b"] },
      version: { const: 2 },
      tags: { type: "array", items: { type: "string", maxLength: 3 }, minItems: 2 },
    },
    required: ["name"],
  };
  expect(valueFor(schema, "question")).toEqual({
    name: "question",
    age: 18,
    score: 1,
    done: true,
    nothing: null,
    kind: "a",
    version: 2,
    tags: ["que", "que"],
  });
});

test.each([
  [{ type: "integer", minimum: 3, maximum: 5 }, 3],
  [{ type: "integer", exclusiveMinimum: 3 }, 4],
  [{ type: "integer", maximum: -2 }, -2],
  [{ type: "integer", exclusiveMaximum: -2 }, -3],
  [{ type: "integer", multipleOf: 7 }, 7],
  [{ type: "number", minimum: 0.2, maximum: 0.4 }, 0.30000000000000004],
  [{ type: "number", exclusiveMinimum: 0, exclusiveMaximum: 1 }, 0.5],
  [{ type: "number" }, 1],
])("a number within its bounds: %j", (schema, expected) => {
  expect(valueFor(schema, "")).toBe(expected);
});

test("texts of a length or a format", () => {
  expect(valueFor({ type: "string", minLength: 5 }, "ab")).toBe("ab...");
  expect(valueFor({ type: "string", format: "date" }, "ab")).toBe("2026-01-01");
  expect(valueFor({ type: ["string", "null"] }, "ab")).toBe("ab");
});

test("choices, parts and references", () => {
  expect(valueFor({ anyOf: [{ type: "integer" }, { type: "null" }] }, "")).toBe(1);
  expect(
    valueFor({ allOf: [{ properties: { a: { type: "string" } } }, { properties: { b: { const: 1 } } }] }, "x"),
  ).toEqual({
    a: "x",
    b: 1,
  });
  const shared = {
    $defs: { "a/b": { type: "boolean" } },
    type: "object",
    properties: { on: { $ref: "#/$defs/a~1b" } },
  };
  expect(valueFor(shared, "")).toEqual({ on: true });
});

test("a schema that contains itself ends", () => {
  const tree = {
    type: "object",
    properties: { name: { type: "string" }, children: { type: "array", items: { $ref: "#" } } },
    required: ["name", "children"],
  };
  const list = {
    $defs: {
      node: {
        type: "object",
        properties: { next: { anyOf: [{ $ref: "#/$defs/node" }, { type: "null" }] } },
        required: ["next"],
      },
    },
    $ref: "#/$defs/node",
  };
  expect(JSON.stringify(valueFor(tree, "t"))).toContain('"children":[]');
  expect(JSON.stringify(valueFor(list, ""))).toContain('"next":null');
  expect(valueFor({ $ref: "#" }, "x")).toBe("x");
});

test("a value that is not a schema gives a text", () => {
  expect(valueFor(true, "x")).toBe("x");
  expect(valueFor({ $ref: "#/nowhere" }, "x")).toBe("x");
});
