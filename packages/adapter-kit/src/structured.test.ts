import { ArgumentError, ResultError, type StandardSchema } from "@batchwise/core";
import { failureOf } from "@batchwise/testkit";
import { expect, test } from "vitest";
import { z } from "zod";
import { textOf } from "./answers.ts";
import { defineOptions } from "./options/define-options.ts";
import { formatOf, jsonSchemaOf, readStructured, STRUCTURED } from "./structured.ts";

const person = z.object({ name: z.string() });
const bare: StandardSchema<unknown, unknown> = {
  "~standard": { version: 1, vendor: "own", validate: (value) => ({ value }) },
};
const own = (schema: StandardSchema, jsonSchema?: object): object => jsonSchema ?? jsonSchemaOf(schema);

test("the format is the schema's own JSON Schema, or the one that is given; there is none without a schema", () => {
  expect(formatOf({ schema: person }, own)).toMatchObject({ properties: { name: { type: "string" } } });
  expect(formatOf({ schema: bare, jsonSchema: { type: "object" } }, own)).toEqual({ type: "object" });
  expect(formatOf({}, own)).toBeUndefined();
});

test.for([{ schema: bare }, { schema: z.date() }, { jsonSchema: {} }])(
  "%o can't be sent, and is refused",
  (options) => {
    expect(() => formatOf(options, own)).toThrow(ArgumentError);
  },
);

test("the options are held against what they are", () => {
  const options = defineOptions("Tern", STRUCTURED);
  expect(() => options.check({ schema: person, jsonSchema: {} })).not.toThrow();
  expect(() => options.check({ schema: {} })).toThrow("`schema` to be a Standard Schema");
  expect(() => options.check({ jsonSchema: "{}" })).toThrow("`jsonSchema` to be a JSON Schema");
});

test("L14 an output that looks like nothing is an output", async () => {
  for (const text of ["null", "0", '""', "false"]) expect(await readStructured(bare, text)).toEqual(JSON.parse(text));
});

test("text that is not JSON, or that the schema refuses, is a ResultError that does not quote it", async () => {
  for (const text of ["SECRET", '{"name": "SECRET', '{"name": 5, "SECRET": 1}']) {
    const error = await failureOf(readStructured(person, text));
    expect(error).toBeInstanceOf(ResultError);
    expect(error.message).not.toContain("SECRET");
  }
  expect((await failureOf(readStructured(person, '{"name": 5}'))).message).toMatch(
    /^Expected an output that the schema takes, got one that it refuses: name: /,
  );
});

test("the text of a message is its content, or that of its parts", () => {
  const parts = [{ type: "thinking", thinking: "hm" }, { type: "text", text: "a" }, null, { type: "text", text: "b" }];
  expect([textOf("a"), textOf(""), textOf(parts), textOf([]), textOf(null)]).toEqual(["a", "", "ab", "", undefined]);
});
