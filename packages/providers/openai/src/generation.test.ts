import { ArgumentError, ResultError, type StandardSchema } from "@batchwise/core";
import { expect, test } from "vitest";
import { z } from "zod";
import { readStructured } from "@batchwise/adapter-kit";
import { standardResponseFormat, standardTextFormat } from "openai/helpers/standard-schema";
import { strictFormat } from "./generation.ts";

type Structured = Parameters<typeof strictFormat>[0];
const responseFormatOf = (options: Structured) => strictFormat(options, standardResponseFormat);
const textFormatOf = (options: Structured) => strictFormat(options, standardTextFormat);

/** A schema of a library that gives no JSON Schema. */
function plain<Output>(
  validate: StandardSchema<unknown, Output>["~standard"]["validate"],
): StandardSchema<unknown, Output> {
  return { "~standard": { version: 1, vendor: "test", validate } };
}

test("the model is held to the schema's input, its answer to the schema", async () => {
  const schema = z.object({ day: z.string().transform((text) => new Date(text)), note: z.string().nullable() });
  expect(responseFormatOf({ schema })!.json_schema.schema).toMatchObject({
    properties: { day: { type: "string" }, note: { type: ["string", "null"] } },
    required: ["day", "note"],
    additionalProperties: false,
  });
  expect(await readStructured(schema, '{"day":"2026-11-24","note":null}')).toEqual({
    day: new Date("2026-11-24"),
    note: null,
  });
});

test("chat completions and responses get the same schema in their own form, without anything of the SDK's", () => {
  const schema = z.object({ name: z.string() });
  const { json_schema: inChat } = responseFormatOf({ schema })!;
  const inResponses = textFormatOf({ schema })!;
  expect(inResponses).toEqual({ type: "json_schema", ...inChat });
  expect(new Set(Reflect.ownKeys(inResponses))).toEqual(new Set(["type", "name", "strict", "schema"]));
});

test("jsonSchema stands in for a schema that has none; alone it is refused", () => {
  const jsonSchema = { type: "object", properties: { name: { type: "string" } }, required: ["name"] };
  const schema = plain((value) => ({ value }));
  expect(responseFormatOf({ schema, jsonSchema, schemaName: "city" })!.json_schema).toEqual({
    name: "city",
    strict: true,
    schema: { ...jsonSchema, additionalProperties: false },
  });
  expect(() => responseFormatOf({ schema })).toThrow(ArgumentError);
  expect(() => responseFormatOf({ jsonSchema })).toThrow("Expected `schema` with `jsonSchema`, got `jsonSchema` alone");
  expect(responseFormatOf({})).toBeUndefined();
});

test("a schema that no strict JSON Schema can say is refused when constructed, with the reason as cause", () => {
  for (const schema of [z.string(), z.object({ name: z.string().optional() })]) {
    expect(() => textFormatOf({ schema })).toThrow(ArgumentError);
    expect(() => textFormatOf({ schema })).toThrow("Change it, or give `jsonSchema`.");
  }
});

test("a schema may take its time, and refuses with path and message", async () => {
  const slow = plain(async (value) => {
    await Promise.resolve();
    return { value: `${String(value)}!` };
  });
  expect(await readStructured(slow, '"ok"')).toBe("ok!");
  const strict = plain(() => ({
    issues: [{ message: "too small", path: ["cities", { key: 3 }, "people"] }, { message: "odd" }],
  }));
  await expect(readStructured(strict, "{}")).rejects.toThrow(
    new ResultError(
      "Expected an output that the schema takes, got one that it refuses: cities.3.people: too small; odd.",
    ),
  );
});

test("L14 an output that looks like nothing is an output", async () => {
  for (const [text, value] of [
    ["null", null],
    ["0", 0],
    ['""', ""],
    ["false", false],
  ] as const) {
    expect(
      await readStructured(
        plain((each) => ({ value: each })),
        text,
      ),
    ).toBe(value);
  }
});
