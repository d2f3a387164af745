import { type CallOptions, InputError } from "@batchwise/core";
import { failureOf } from "@batchwise/testkit";
import { expect, test } from "vitest";
import { BulkRunnable } from "./bulk-runnable.ts";

class Lengths extends BulkRunnable<string, number> {
  readonly calls: [readonly string[], CallOptions | undefined][] = [];

  override async invokeMany(inputs: readonly string[], options?: CallOptions): Promise<readonly (number | Error)[]> {
    this.calls.push([inputs, options]);
    if (inputs.includes("down")) throw new Error("down");
    return inputs.map((input) => (input === "" ? new InputError("empty") : input.length));
  }
}

test("one input is a request of one, with the same options", async () => {
  const lengths = new Lengths();
  const options = { signal: AbortSignal.timeout(60_000) };
  expect(await lengths.invoke("abc", options)).toBe(3);
  expect(lengths.calls).toEqual([[["abc"], options]]);
});

test("what is in the slot is thrown, and so is what the request throws", async () => {
  expect(await failureOf(new Lengths().invoke(""))).toBeInstanceOf(InputError);
  expect(await failureOf(new Lengths().invoke("down"))).toMatchObject({ message: "down" });
});
