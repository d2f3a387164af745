import { BatchError, BatchwiseError, InputError, ProviderError, TimeoutError, toError } from "@batchwise/core";
import { afterAll, describe, expect, it } from "vitest";
import { fixture } from "./fixtures/gate.ts";
import { threadPool } from "./thread-pool.ts";
import { decodeError, encodeError } from "./wire-error.ts";

const pool = threadPool<string, never>(fixture("failing.ts"), { threads: 1 });
afterAll(() => pool.close());

async function failure(how: string): Promise<Error> {
  try {
    await pool.invoke(how);
  } catch (error) {
    return error as Error;
  }
  throw new Error(`${how} did not fail`);
}

describe("an error that crossed from a thread", () => {
  it("P26 keeps a ProviderError's class, fields, stack and cause", async () => {
    const error = await failure("provider");
    expect(ProviderError.isInstance(error) && BatchwiseError.isInstance(error)).toBe(true);
    expect(InputError.isInstance(error) || TimeoutError.isInstance(error)).toBe(false);
    expect(error).toBeInstanceOf(ProviderError);
    expect(error.name).toBe("ProviderError");
    expect(Object.fromEntries(Object.entries(error))).toEqual({
      code: "rate_limited",
      status: 429,
      providerCode: "slow_down",
      requestId: "request-2",
      retryable: true,
      retryAfterMs: 1500,
      position: undefined,
    });
    expect(error.message).toBe("refused");
    expect(error.stack).toContain("failing.ts");
    expect(error.cause).toBeInstanceOf(TypeError);
    expect(error).toHaveProperty("cause.cause", { errno: -104 });
  });

  it("P36 keeps an InputError's position", async () => {
    const error = await failure("input");
    expect(InputError.isInstance(error) && error.position).toBe(0);
  });

  it("is the nearest known class where only the worker knows its own, and keeps its mark", async () => {
    const error = await failure("local");
    class LocalError extends ProviderError {
      static override readonly kind: string = "LocalError";
    }
    expect(error).toBeInstanceOf(ProviderError);
    expect(LocalError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ name: "LocalError", status: 503, retryable: false });
  });

  it("P8 keeps a foreign error's name, status, retryability and plain fields, and leaves out its functions", async () => {
    const error = await failure("house");
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({
      name: "HouseError",
      status: 409,
      retryable: true,
      details: { part: "roof" },
    });
    expect(error).not.toHaveProperty("callback");
    expect(BatchwiseError.isInstance(error)).toBe(false);
  });

  it("P8 keeps a thrown non-Error as the cause", async () => {
    expect(await failure("value")).toHaveProperty("cause", { status: 418 });
  });

  it("keeps the errors of an AggregateError", async () => {
    const error = await failure("aggregate");
    expect(error).toBeInstanceOf(AggregateError);
    expect((error as AggregateError).errors).toEqual([new Error("one"), new RangeError("two")]);
  });

  it("is a BatchError with outcomes to read, though they stayed in the thread", async () => {
    const error = await failure("batch");
    expect(BatchError.isInstance(error) && error.outcomes).toEqual([]);
    expect(error).toHaveProperty("cause.message", "first");
  });

  it("fails its item where it was returned instead of thrown", async () => {
    expect((await failure("returned")).message).toBe("returned, not thrown");
  });
});

describe("encodeError", () => {
  it("makes plain data of a chain that bites its own tail", () => {
    const error = new Error("a");
    error.cause = new Error("b", { cause: error });
    const decoded = decodeError(structuredClone(encodeError(error)));
    expect(decoded).toHaveProperty("cause.cause.cause.message", "b");
  });

  it("leaves out a cause that cannot be cloned, and takes thrown non-Errors", () => {
    expect(decodeError(structuredClone(encodeError(new Error("a", { cause: () => 1 })))).cause).toBeUndefined();
    const decoded = decodeError(structuredClone(encodeError("a string")));
    expect(decoded).toMatchObject({ message: toError("a string").message, cause: "a string" });
  });
});
