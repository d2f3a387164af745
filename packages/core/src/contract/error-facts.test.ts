import { expect, it } from "vitest";
import { blamesInput, type ErrorFacts, factsOf, isFatal, isRetryable } from "./error-facts.ts";
import { BatchwiseError, type ErrorCode, InputError, ProviderError, TimeoutError } from "./errors.ts";

const NOTHING: ErrorFacts = {
  code: "unknown",
  retryable: undefined,
  status: undefined,
  retryAfterMs: undefined,
  position: undefined,
  isUnsent: false,
};

const facts = (known: Partial<ErrorFacts>): ErrorFacts => ({ ...NOTHING, ...known });
/** An error of another library, with fields of its own. */
const foreign = (fields: object): Error => Object.assign(new Error("no"), fields);
/** `error` inside of as many others. */
const wrapped = (error: unknown, times: number): unknown =>
  times === 0 ? error : new Error("no", { cause: wrapped(error, times - 1) });

it.for([
  ["a plain Error", new Error("no"), {}],
  ["undefined", undefined, {}],
  ["null", null, {}],
  ["a text", "429", {}],
  ["a number", 429, {}],
  ["an error of our own", new TimeoutError("no"), { code: "timeout", retryable: true }],
  ["a position", new InputError("no", { position: 0 }), { code: "invalid_input", retryable: false, position: 0 }],
  ["a status", foreign({ status: 503 }), { status: 503 }],
  ["another library's statusCode", foreign({ statusCode: 503 }), { status: 503 }],
  ["a status before a statusCode", foreign({ status: 500, statusCode: 400 }), { status: 500 }],
  ["a refusal by a limit", foreign({ status: 429 }), { code: "rate_limited", status: 429 }],
  ["a network error", foreign({ code: "ECONNRESET" }), { code: "network_error", retryable: true }],
  [
    "a network error that says no",
    foreign({ code: "EPIPE", retryable: false }),
    { code: "network_error", retryable: false },
  ],
  ["a code of another library", foreign({ code: "ERR_OTHER" }), {}],
  [
    "fields of other kinds",
    foreign({ status: "429", retryable: "yes", position: Number.NaN, retryAfterMs: Infinity }),
    {},
  ],
] as const)("reads %s", ([, error, expected]) => {
  expect(factsOf(error)).toEqual({ ...NOTHING, ...expected });
});

it("P30 never reads a message", () => {
  expect(factsOf(new Error("429 Too Many Requests: ECONNRESET, retry after 5 s, insufficient_quota"))).toEqual(NOTHING);
});

it("P26 a wrapper hides neither status nor decision nor wait", () => {
  const error = new ProviderError("no", {
    code: "provider_error",
    status: 500,
    retryable: false,
    retryAfterMs: 7,
    position: 3,
  });
  const expected = facts({ code: "provider_error", status: 500, retryable: false, retryAfterMs: 7, position: 3 });
  expect(factsOf(wrapped(error, 1))).toEqual(expected);
  expect(factsOf(wrapped(error, 4))).toEqual(expected);
  expect(factsOf(wrapped(error, 5))).toEqual(NOTHING);
});

it("the outer of two errors wins where both say something", () => {
  const inner = foreign({ status: 400, retryable: true, retryAfterMs: 1, position: 1 });
  const outer = foreign({ status: 500, retryable: false, retryAfterMs: 2, position: 2, cause: inner });
  expect(factsOf(outer)).toEqual(facts({ status: 500, retryable: false, retryAfterMs: 2, position: 2 }));
});

it("the root class decides nothing by default: the error that it wraps does", () => {
  const cause = foreign({ status: 400, retryable: true });
  expect(factsOf(new BatchwiseError("no", { cause }))).toEqual(facts({ status: 400, retryable: true }));
  const named = new BatchwiseError("no", { code: "worker_crashed", cause });
  expect(factsOf(named)).toEqual(facts({ code: "worker_crashed", status: 400, retryable: false }));
  class Transient extends BatchwiseError {
    override readonly retryable: boolean = true;
  }
  const refused = foreign({ status: 400, retryable: false });
  expect(factsOf(new Transient("no", { cause: refused }))).toEqual(facts({ status: 400, retryable: true }));
});

it("neither a status of 429 nor a network error inside renames an error that has a code of its own", () => {
  const cause = foreign({ code: "ECONNRESET" });
  const error = new ProviderError("no", { code: "quota_exceeded", status: 429, retryable: false, cause });
  expect(factsOf(error).code).toBe("quota_exceeded");
});

it("causes that go round in a circle come to an end", () => {
  const error = foreign({});
  error.cause = error;
  expect(factsOf(error)).toEqual(NOTHING);
});

it.for([
  [{}, true],
  [{ status: 408 }, true],
  [{ status: 409 }, true],
  [{ status: 425 }, true],
  [{ status: 429 }, true],
  [{ status: 500 }, true],
  [{ status: 599 }, true],
  [{ status: 499 }, false],
  [{ status: 400 }, false],
  [{ status: 200 }, false],
  [{ status: 500, retryable: false }, false],
  [{ status: 400, retryable: true }, true],
] as const)("P30 %o is retryable: %s", ([known, expected]) => {
  expect(isRetryable(facts(known))).toBe(expected);
});

it.for<[ErrorCode, number | undefined, boolean]>([
  ["authentication", undefined, true],
  ["quota_exceeded", 429, true],
  ["invalid_argument", 400, true],
  ["invalid_argument", undefined, false],
  ["rate_limited", 429, false],
  ["invalid_input", 400, false],
  ["unknown", 401, false],
])("P24 %s with status %s ends everything: %s", ([code, status, expected]) => {
  expect(isFatal(facts({ code, status }))).toBe(expected);
});

it.for<[ErrorCode, number | undefined, boolean]>([
  ["invalid_input", undefined, true],
  ["request_too_large", undefined, true],
  ["provider_error", undefined, true],
  ["unknown", 400, true],
  ["unknown", 499, true],
  ["unknown", 399, false],
  ["unknown", 500, false],
  ["unknown", undefined, false],
  ["network_error", undefined, false],
])("P36 %s with status %s is about the inputs: %s", ([code, status, expected]) => {
  expect(blamesInput(facts({ code, status }))).toBe(expected);
});
