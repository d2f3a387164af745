import { InputError, ProviderError, TimeoutError } from "@batchwise/core";
import { inspect } from "node:util";
import { expect, test, vi } from "vitest";
import type { Dialect } from "./dialect.ts";
import { factsOf } from "./dialect.ts";
import { failureOf } from "./failure-of.ts";
import { ANY_INPUT } from "./judge.ts";
import { networkError, notJson, providerError, timedOut } from "./provider-errors.ts";

const TERN: Dialect = { provider: "Tern", key: "TERN_API_KEY", requestId: ["tern-id", "x-request-id"] };

test.for<[Parameters<typeof providerError>[0], string]>([
  [
    { status: 401, code: "bad_key" },
    "Expected an answer from Tern, got status 401 (bad_key). Check TERN_API_KEY or the option `apiKey`, and what the key may use.",
  ],
  [
    { status: 429 },
    "Expected an answer from Tern, got status 429. The rate limit is reached: try again later, or send less at once.",
  ],
  [
    { status: 400, param: "input[3]" },
    "Expected an answer from Tern, got status 400. Input 3 of the request can't succeed as it is: change it, or leave it out.",
  ],
  [
    { status: 400 },
    "Expected an answer from Tern, got status 400. Change the input, or leave it out; where every input is refused, check the options, the model and the API's address.",
  ],
  // pssah4/vault-operator#73: an address without its /v1
  [
    { status: 404 },
    "Expected an answer from Tern, got status 404. Change the input, or leave it out; where every input is refused, check the options, the model and the API's address, its path (such as /v1) included.",
  ],
  // lmstudio-ai/lmstudio-bug-tracker#618: the same with a good status
  [
    { code: "server_error" },
    "Expected an answer from Tern, got an error (server_error). Try again later; if it goes on, check the options, the model and the API's address, its path (such as /v1) included.",
  ],
  [
    { status: 200 },
    "Expected an answer from Tern, got status 200. The answer was cut off, or is not what it should be: try again later.",
  ],
])("%j says what was expected, what was got and what to do", ([refusal, message]) => {
  expect(providerError(refusal, TERN, ANY_INPUT).message).toBe(message);
});

test("P22 P26 status, code, id and wait are kept; a wait only where there is a next try", () => {
  const headers = new Headers({
    "retry-after": "1",
    "retry-after-ms": "7000",
    "tern-id": "t-1",
    "x-request-id": "r-1",
  });
  const kept = { status: 503, providerCode: "busy", requestId: "t-1", retryAfterMs: 7000, retryable: true };
  expect(providerError({ status: 503, code: "busy", headers }, TERN)).toMatchObject(kept);
  expect(providerError({ status: 401, headers }, TERN).retryAfterMs).toBeUndefined();
  expect(factsOf(headers, { ...TERN, limits: () => ({ requests: { limit: 5 } }) })).toEqual({
    requestId: "t-1",
    limits: { requests: { limit: 5 } },
  });
  expect(factsOf(undefined, TERN)).toEqual({});
});

test("P36 a position among what was sent is one among the inputs", () => {
  const at = (positions?: number[]): number | undefined =>
    providerError({ status: 400, param: "input[1]" }, TERN, { ...ANY_INPUT, positions }).position;
  expect([at(), at([0, 5]), at([0])]).toEqual([1, 5, undefined]);
  const own = providerError({ status: 400, position: 1 }, TERN, { ...ANY_INPUT, positions: [0, 5] });
  expect(own.position).toBe(5);
});

test("P35 codes that are not codes are not passed on", () => {
  const refusal = { status: 400, code: "your text: SECRET", type: "SECRET text", param: "a SECRET" };
  const error = providerError({ ...refusal, headers: new Headers({ "tern-id": "a SECRET" }) }, TERN, ANY_INPUT);
  expect(inspect(error, { depth: 9 })).not.toContain("SECRET");
});

// A gateway may quote the key where a code or a parameter should be.
test.for([
  "sk-proj-4f3c2b1a0987654321",
  "gsk_0123456789abcdefghij",
  "AIzaSyA1234567890abcdefghi",
  "Bearer:0123456789abcdef01234",
])("P35 what may be a key is not passed on: %s", (key) => {
  for (const refusal of [{ code: key }, { type: key }, { code: "invalid", param: key }]) {
    const error = providerError({ status: 400, ...refusal }, TERN);
    expect(inspect(error, { depth: 9 })).not.toContain(key);
  }
  const codes = [
    "model_not_found",
    "1308",
    "messages.[0].content[12].image_url",
    "FailedOperation.ResourcePackExhausted",
  ];
  for (const code of codes) expect(providerError({ status: 400, code }, TERN).providerCode).toBe(code);
});

test("errors of calls that brought no answer", () => {
  const reset = new TypeError("SECRET", { cause: Object.assign(new Error("SECRET"), { code: "ECONNRESET" }) });
  const error = networkError(reset, TERN);
  expect(error).toMatchObject({
    code: "network_error",
    retryable: true,
    providerCode: "ECONNRESET",
    status: undefined,
  });
  expect(error.message).toMatch(
    /^Expected an answer from Tern, got a connection that failed \(ECONNRESET\)\. Try again/,
  );
  expect(networkError(reset, TERN, { status: 200 }).message).toContain("got one that broke off (ECONNRESET)");
  expect(inspect(error, { depth: 9 })).not.toContain("SECRET");
  expect(notJson(TERN, { status: 200 })).toMatchObject({ code: "provider_error", retryable: true, status: 200 });
  expect(timedOut(5).message).toContain("within timeoutMs (5 ms)");
});

// openai/openai-node#2153
test.for(["UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT"])("P42 %s is Node's own limit, and is named", (code) => {
  const error = networkError(
    new TypeError("fetch failed", { cause: Object.assign(new Error("SECRET"), { code }) }),
    TERN,
  );
  expect(error).toBeInstanceOf(TimeoutError);
  expect(error.message).toBe(
    "Expected headers, or more of an answer, within the 300 s that Node's own `fetch` waits, got none. " +
      "Install the package `undici`, or pass a `fetch` that waits longer.",
  );
});

test.for(["ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "UND_ERR_CONNECT_TIMEOUT"])("P42 %s may pass", (code) => {
  const thrown = new TypeError("fetch failed", {
    cause: Object.assign(new Error("SECRET"), { code, hostname: "SECRET" }),
  });
  const error = networkError(thrown, TERN);
  expect(error).toMatchObject({ code: "network_error", retryable: true, providerCode: code });
  expect(inspect(error, { depth: 9 })).not.toContain("SECRET");
});

// openai/openai-node#1758, cline/cline#10776: a company's proxy, or a server in its network, has a signer that Node does not know
test.for<[string, string]>([
  ["SELF_SIGNED_CERT_IN_CHAIN", "NODE_EXTRA_CA_CERTS"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "NODE_EXTRA_CA_CERTS"],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "NODE_EXTRA_CA_CERTS"],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "NODE_EXTRA_CA_CERTS"],
  ["CERT_HAS_EXPIRED", "Check the server's certificate"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "Check the server's certificate"],
  ["ERR_SSL_WRONG_VERSION_NUMBER", "begins with http, not https"],
])("P42 a connection that failed by %s says what helps (%s)", ([code, advice]) => {
  const thrown = new TypeError("fetch failed", { cause: Object.assign(new Error("SECRET"), { code }) });
  const error = networkError(thrown, TERN);
  expect(error).toMatchObject({ code: "network_error", retryable: true, providerCode: code });
  expect(error.message).toContain(`(${code}). `);
  expect(error.message).toContain(advice);
});

test.for<[Record<string, string>, string]>([
  [{}, "check the network and the API's address, and whether the network wants a proxy."],
  [
    { HTTPS_PROXY: "http://user:SECRET@host" },
    "check the network and the API's address: HTTPS_PROXY is not used without NODE_USE_ENV_PROXY=1.",
  ],
  [
    { https_proxy: "http://SECRET", NODE_USE_ENV_PROXY: "1" },
    "check the network and the API's address, and the proxy in https_proxy.",
  ],
  [
    { https_proxy: "http://SECRET", NODE_OPTIONS: "--use-env-proxy" },
    "check the network and the API's address, and the proxy in https_proxy.",
  ],
])("a network error hints at proxies, with %j", ([variables, advice]) => {
  const proxies = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY"];
  for (const name of [...proxies, "NODE_USE_ENV_PROXY", "NODE_OPTIONS"]) vi.stubEnv(name, variables[name] ?? "");
  const { message } = networkError(new Error("SECRET"), TERN);
  vi.unstubAllEnvs();
  expect(message.endsWith(advice)).toBe(true);
  expect(message).not.toContain("SECRET");
});

test("what an SDK threw becomes an error of ours, with what the provider counts for it", () => {
  const of = (fields: object): ReturnType<typeof failureOf> =>
    failureOf(Object.assign(new Error("SECRET"), fields), TERN, ANY_INPUT);
  expect(of({ status: 429 })).toMatchObject({
    error: { code: "rate_limited" },
    usage: { inputTokens: 0, outputTokens: 0 },
  });
  expect(of({ status: 503, headers: new Headers({ "tern-id": "t-1" }) })).toEqual({
    error: expect.any(ProviderError),
    facts: { requestId: "t-1" },
  });
  expect(of({ name: "TimeoutError" })?.error).toBeInstanceOf(TimeoutError);
  const ours = new InputError("Empty.");
  expect(of({ cause: ours })?.error).toBe(ours);
  expect(of({ code: "ECONNRESET" })).toBeUndefined();
});
