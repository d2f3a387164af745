import { expect, test } from "vitest";
import { propertyTypes } from "./property-types.ts";

/** Types of columns, in a word. */
function kinds(schema: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(propertyTypes(schema, [])).map(([name, type]) => [name, type?.kind ?? "text"]),
  );
}

test("a column's type is what its schema says in any of the usual forms", () => {
  expect(
    kinds({
      properties: {
        plain: { type: "integer" },
        orNull: { type: ["number", "null"] },
        either: { type: ["integer", "number"] },
        pydantic: { anyOf: [{ type: "boolean" }, { type: "null" }] },
        choice: { enum: ["a", "b"] },
        numbers: { enum: [1, 2, null] },
        constant: { const: 1.5 },
        mixed: { type: ["integer", "string"] },
        list: { type: "array" },
        any: {},
        all: true,
        referred: { $ref: "#/$defs/Count" },
        wrapped: { allOf: [{ $ref: "#/$defs/Count" }], description: "as pydantic 1 writes it" },
      },
      $defs: { Count: { type: "integer" } },
    }),
  ).toEqual({
    plain: "integer",
    orNull: "float",
    either: "float",
    pydantic: "boolean",
    choice: "text",
    numbers: "integer",
    constant: "float",
    mixed: "text",
    list: "text",
    any: "text",
    all: "text",
    referred: "integer",
    wrapped: "integer",
  });
});

// equinor/fmu-dataio#813: a model of pydantic whose root is a reference.
test("properties are found behind a reference, in each of several forms, and in a schema that refers to itself", () => {
  expect(kinds({ $ref: "#/$defs/A", $defs: { A: { properties: { a: { type: "integer" } } } } })).toEqual({
    a: "integer",
  });
  const forms = { anyOf: [{ properties: { a: { type: "integer" } } }, { properties: { b: { type: "boolean" } } }] };
  expect(kinds(forms)).toEqual({ a: "integer", b: "boolean" });
  expect(kinds({ properties: { a: { type: "string" } }, allOf: [{ $ref: "#" }] })).toEqual({ a: "text" });
});
