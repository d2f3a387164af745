import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { ResultError } from "../../contract/errors.ts";
import type { SchemaResult, StandardSchema } from "../../contract/standard-schema.ts";
import { wrongCount, checkSchema } from "./check-result.ts";

type Validate = (value: unknown) => SchemaResult<unknown> | Promise<SchemaResult<unknown>>;
const schema = (validate: Validate): StandardSchema<unknown, unknown> => ({
  "~standard": { version: 1, vendor: "none", validate },
});

class Rows extends Array<number> {}

it.for([
  ["an array", [1, 2], 2],
  ["nothing for nothing", [], 0],
  ["holes", Array.from({ length: 2 }), 2],
  ["a subclass", Rows.of(1, 2), 2],
  ["another realm's array", runInNewContext("[1, 2]"), 2],
] as const)("%s of the right length passes", ([, answer, count]) => {
  expect(wrongCount(answer, count)).toBeUndefined();
});

it.for([
  ["a short answer", [1], 2, "got 1."],
  ["a long answer", [1, 2, 3], 2, "got 3."],
  ["one more than none", [1], 0, "got 1."],
  ["undefined", undefined, 2, "got undefined."],
  ["null", null, 2, "got null."],
  ["a text of the right length", "ab", 2, "got a string."],
  ["an object of the right length", { length: 2, 0: 1, 1: 2 }, 2, "got an object."],
  ["vectors", new Float32Array(2), 2, "got an object."],
  ["a set", new Set([1, 2]), 2, "got an object."],
] as const)("P6 L13 %s is refused as a whole", ([, answer, count, got]) => {
  const wrong = wrongCount(answer, count);
  expect(wrong).toBeInstanceOf(ResultError);
  expect(wrong?.message).toContain(`Expected an array of ${count} results, one for each input`);
  expect(wrong?.message).toContain(got);
});

it.for([0, "", false, null, undefined])("P3 a schema may give back %o", async (value) => {
  expect(
    await checkSchema(
      schema(() => ({ value })),
      "x",
    ),
  ).toEqual({ value });
});

it("a schema may wait, and transform", async () => {
  const double = schema(async (value) => ({ value: Number(value) * 2 }));
  expect(await checkSchema(double, 4)).toEqual({ value: 8 });
});

it.for([
  ["a message", [{ message: "too long" }], "too long"],
  ["two messages", [{ message: "too long" }, { message: "too wide" }], "too long; too wide"],
  ["a path", [{ message: "no", path: ["rows", 0, { key: "id" }, Symbol("s")] }], "rows.0.id.Symbol(s): no"],
  ["an empty path", [{ message: "no", path: [] }], "no"],
  ["no issue in particular", [], ""],
] as const)("a refusal is a ResultError with %s", async ([, issues, text]) => {
  const { refused } = await checkSchema(
    schema(() => ({ issues })),
    "x",
  );
  expect(refused).toBeInstanceOf(ResultError);
  expect(refused?.message).toBe(`Expected the output to fit the schema, got: ${text}`);
});

it.for([
  ["throws", (): never => fail(new Error("broken"))],
  ["rejects", () => Promise.reject(new Error("broken"))],
  ["returns nothing", () => undefined as never],
] as const)("a schema that %s refuses the value, and the batch goes on", async ([, validate]) => {
  const { refused } = await checkSchema(schema(validate), "x");
  expect(refused).toBeInstanceOf(ResultError);
  expect(refused?.cause).toBeInstanceOf(Error);
  expect(refused?.message).toBe("Expected the schema to check the output, got an error, in `cause`.");
});

it("P8 what a schema throws is kept, whatever it is", async () => {
  const { refused } = await checkSchema(
    schema(() => fail({ status: 418 })),
    "x",
  );
  expect(refused?.cause).toHaveProperty("cause", { status: 418 });
});

function fail(thrown: unknown): never {
  throw thrown;
}
