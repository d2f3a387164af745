import { BatchwiseError, BudgetError, InputError, ProviderError, ResultError, TimeoutError } from "@batchwise/core";
import { expect, test } from "vitest";
import { WorkerLostError } from "../errors.ts";
import { decodeError, encodeError } from "./wire-error.ts";

const travel = (error: Error): any => decodeError(JSON.parse(JSON.stringify(encodeError(error))));

test("P26 errors of ours are themselves again, with what they decide by", () => {
  const full = { status: 429, providerCode: "slow_down", requestId: "r", retryable: true, retryAfterMs: 70 } as const;
  const error = travel(new ProviderError("HTTP 429.", { ...full, code: "rate_limited" }));
  expect(ProviderError.isInstance(error)).toBe(true);
  expect(error).toMatchObject({ ...full, code: "rate_limited", message: "HTTP 429.", name: "ProviderError" });
  for (const Kind of [InputError, ResultError, TimeoutError, BudgetError, BatchwiseError, WorkerLostError]) {
    const same = travel(new Kind("what to do"));
    expect(Kind.isInstance(same)).toBe(true);
    expect(same).toMatchObject({ message: "what to do", name: Kind.kind, retryable: new Kind("").retryable });
  }
});

test("a class that only the worker knows is the nearest that is known here, under its own name", () => {
  class Special extends ProviderError {
    static override readonly kind: string = "Special";
  }
  const error = travel(new Special("odd", { retryable: false, status: 400 }));
  expect(ProviderError.isInstance(error) && Special.isInstance(error)).toBe(true);
  expect(error).toMatchObject({ name: "Special", status: 400, retryable: false });
});

test("P35 of a foreign error neither message, stack, cause nor fields travel, but its status", () => {
  const foreign = Object.assign(new RangeError("key sk-123 and the input", { cause: new Error("sk-123") }), {
    status: 503,
    input: "the input",
  });
  const encoded = encodeError(foreign);
  expect(JSON.stringify(encoded)).not.toMatch(/sk-123|the input/);
  const error = travel(foreign);
  expect(error).toMatchObject({ code: "unknown", status: 503 });
  expect(error.message).toContain("RangeError");
  expect(error.cause).toBeUndefined();
  const odd = travel(Object.assign(new Error(), { name: "sk-123 is no name" }));
  expect(odd.message).not.toContain("sk-123");
});
