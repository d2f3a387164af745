import {
  bulkRunnable,
  ProviderError,
  ResultError,
  runnable,
  type SchemaResult,
  type StandardSchema,
} from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { describe, expect, it } from "vitest";
import { range } from "./held-backend.ts";

/** A Standard Schema by hand, so that the test holds forevery library that implements the interface. */
function schemaOf<Output>(
  validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>,
): StandardSchema<unknown, Output> {
  return { "~standard": { version: 1, vendor: "by-hand", validate } };
}

const even = (value: unknown): SchemaResult<number> =>
  typeof value === "number" && value % 2 === 0
    ? { value: value * 100 }
    : { issues: [{ message: "not even", path: ["answer", { key: 0 }] }] };

describe("schema", () => {
  it.for([["synchronous", schemaOf(even)] as const, ["asynchronous", schemaOf(async (value) => even(value))] as const])(
    "a %s schema refuses with a ResultError and transforms what passes",
    async ([, schema]) => {
      const subject = runnable(async (input: number) => input);
      const outputs = await subject.batch(range(3), { schema, returnExceptions: true });
      expect([outputs[0], outputs[2]]).toEqual([0, 200]);
      expect(ResultError.isInstance(outputs[1])).toBe(true);
      expect((outputs[1] as Error).message).toContain("not even");
    },
  );

  it("checks each slot of a bulk result alone, and leaves failed slots out", async () => {
    const checked: unknown[] = [];
    const refused = new ProviderError("Refused.", { retryable: false });
    const subject = bulkRunnable(async (inputs: readonly number[]) =>
      inputs.map((input) => (input === 0 ? refused : input)),
    );
    const schema = schemaOf((value) => {
      checked.push(value);
      return even(value);
    });
    const outputs = await subject.batch(range(4), { schema, returnExceptions: true });
    expect(outputs[0]).toBe(refused);
    expect(outputs[2]).toBe(200);
    expect(ResultError.isInstance(outputs[1]) && ResultError.isInstance(outputs[3])).toBe(true);
    expect(checked).toEqual([1, 2, 3]);
  });

  it("P48 a refused output is asked for twice more, without `outageMs` not again", async () => {
    const clock = new FakeClock();
    let calls = 0;
    const subject = runnable(async (input: number) => {
      calls += 1;
      return input;
    });
    const options = {
      schema: schemaOf(even),
      retry: { attempts: 5 },
      returnExceptions: true,
      clock,
    };
    await clock.run(subject.batch([1], options));
    expect(calls).toBe(3);
    await clock.run(subject.batch([1], { ...options, retry: { attempts: 5, outageMs: 0 } }));
    expect(calls).toBe(4);
  });

  it.for([
    ["throws", schemaOf<number>(() => fail())] as const,
    ["rejects", schemaOf<number>(async () => fail())] as const,
    ["answers nothing", schemaOf<number>(() => undefined as never)] as const,
  ])("a schema that %s fails its item and hangs nothing", async ([, schema]) => {
    const clock = new FakeClock();
    const subject = runnable(async (input: number) => input);
    const outputs = await clock.run(subject.batch(range(2), { schema, returnExceptions: true, clock }));
    expect(outputs.every((slot) => slot instanceof Error)).toBe(true);
  });

  it("P3 a schema may transform to undefined", async () => {
    const schema = schemaOf<undefined>(() => ({ value: undefined }));
    const subject = runnable(async (_input: number): Promise<undefined> => undefined);
    expect(await subject.batch([1, 2], { schema })).toEqual([undefined, undefined]);
  });

  it("P38 a deduplicated output is checked and fanned out", async () => {
    const subject = runnable(async (input: number) => input, {
      schema: schemaOf(even),
      dedupe: true,
    });
    expect(await subject.batch([2, 2, 4])).toEqual([200, 200, 400]);
  });
});

function fail(): never {
  throw new Error("the schema is broken");
}
