import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import {
  ArgumentError,
  BatchError,
  BatchwiseError,
  BudgetError,
  codeOf,
  InputError,
  ProviderError,
  ResultError,
  TimeoutError,
  toError,
} from "./errors.ts";
import { ERROR_KINDS } from "./marks.ts";

const made: readonly (readonly [name: string, code: string, retryable: boolean, error: BatchwiseError])[] = [
  ["BatchwiseError", "unknown", false, new BatchwiseError("no")],
  ["ArgumentError", "invalid_argument", false, new ArgumentError("no")],
  ["InputError", "invalid_input", false, new InputError("no")],
  ["ResultError", "invalid_result", false, new ResultError("no")],
  ["TimeoutError", "timeout", true, new TimeoutError("no")],
  ["BudgetError", "budget_exceeded", false, new BudgetError("no")],
  ["ProviderError", "provider_error", true, new ProviderError("no", { retryable: true })],
  ["BatchError", "batch_failed", false, new BatchError("no", { outcomes: [] })],
];

it.for(made)("%s has its name, the code %s and retryable %s", ([name, code, retryable, error]) => {
  expect(error).toBeInstanceOf(Error);
  expect([error.name, error.code, error.retryable, error.message]).toEqual([name, code, retryable, "no"]);
});

it("a code and a cause that are given are kept", () => {
  const cause = new Error("why");
  const error = new ProviderError("no", { code: "rate_limited", retryable: true, cause });
  expect([error.code, error.cause]).toEqual(["rate_limited", cause]);
  expect(new InputError("no", { code: undefined, position: 2 })).toMatchObject({ code: "invalid_input", position: 2 });
});

it("ProviderError keeps what the provider said", () => {
  const said = { status: 429, providerCode: "slow", requestId: "r1", retryable: true, retryAfterMs: 5, position: 0 };
  expect(new ProviderError("no", said)).toMatchObject(said);
});

it("isInstance knows the classes that an error's own extends, and no others", () => {
  class ServerError extends ProviderError {
    static override readonly kind: string = "ServerError";
  }
  const error = new ServerError("no", { retryable: true });
  expect(error.name).toBe("ServerError");
  expect([ServerError, ProviderError, BatchwiseError].map((each) => each.isInstance(error))).toEqual([
    true,
    true,
    true,
  ]);
  expect([InputError, BatchError].map((each) => (each as typeof InputError).isInstance(error))).toEqual([false, false]);
  expect(ServerError.isInstance(new ProviderError("no", { retryable: true }))).toBe(false);
});

it("isInstance knows an error of another copy of the package", () => {
  const copy = Object.assign(new Error("no"), { code: "timeout", [ERROR_KINDS]: ["TimeoutError", "BatchwiseError"] });
  expect(TimeoutError.isInstance(copy)).toBe(true);
  expect(InputError.isInstance(copy)).toBe(false);
  expect(codeOf(copy)).toBe("timeout");
});

it.for([undefined, null, "TimeoutError", 0, {}, new Error("no"), { [ERROR_KINDS]: "TimeoutError" }])(
  "isInstance of %o is false",
  (value) => {
    expect(TimeoutError.isInstance(value)).toBe(false);
    expect(codeOf(value)).toBe("unknown");
  },
);

it("P35 the marks and the outcomes of a BatchError are not printed", () => {
  const outcomes = [{ index: 0, input: "a secret", status: "fulfilled", value: 1 } as const];
  const error = new BatchError("no", { outcomes });
  expect(error.outcomes).toBe(outcomes);
  expect(JSON.stringify(error)).not.toContain("secret");
  expect(Object.keys(error).toSorted()).toEqual(["code", "name", "retryable"]);
});

it("a BatchError says which input failed first, and why: the message of its cause, where that is ours", () => {
  const cause = new InputError("Expected a text, got a number. Correct it.");
  const outcomes = [
    { index: 0, input: "a secret", status: "fulfilled", value: 1 },
    { index: 3, input: "a secret", status: "rejected", reason: new InputError("Expected another, got this.") },
    { index: 7, input: "a secret", status: "rejected", reason: cause },
  ] as const;
  expect(new BatchError("No.", { cause, outcomes }).message).toBe(
    "No. Input 7 failed. Expected a text, got a number. Correct it.",
  );
  // A refusal of all is no input's.
  expect(new BatchError("No.", { cause, outcomes: [] }).message).toBe("No. Expected a text, got a number. Correct it.");
});

it("P35 a BatchError says nothing of an error that is not ours but its input's index", () => {
  const reason = new Error("no such user: a secret");
  const outcomes = [{ index: 2, input: "a secret", status: "rejected", reason }] as const;
  expect(new BatchError("No.", { cause: reason, outcomes }).message).toBe("No. Input 2 failed.");
  expect(new BatchError("No.", { cause: reason, outcomes: [] }).message).toBe("No.");
});

it("a class without a code of its own has that of the class that it extends", () => {
  class TooLongError extends InputError {
    static override readonly kind: string = "TooLongError";
  }
  expect([new TooLongError("no").code, new TooLongError("no", { code: "timeout" }).code]).toEqual([
    "invalid_input",
    "timeout",
  ]);
});

it("toError gives an Error back as it is, one of another realm too", () => {
  const error = new TypeError("no");
  expect(toError(error)).toBe(error);
  const foreign: unknown = runInNewContext("new RangeError('no')");
  expect(foreign).not.toBeInstanceOf(Error);
  expect(toError(foreign)).toBe(foreign);
});

it.for([
  [{ status: 418, key: "a secret" }, "an object"],
  ["a secret", "a string"],
  [undefined, "undefined"],
  [null, "null"],
  [0, "a number"],
  [["a secret"], "an array"],
] as const)("P8 P35 toError wraps %o: it is the cause, and no part of the message", ([thrown, kind]) => {
  const error = toError(thrown);
  expect(error.message).toBe(`Expected an Error to be thrown, got ${kind}. The value is in \`cause\`.`);
  expect(error.cause).toBe(thrown);
  expect(codeOf(error)).toBe("unknown");
});
