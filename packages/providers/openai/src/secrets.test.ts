import { inspect } from "node:util";
import type { RateLimiter } from "@batchwise/core";
import { startEmulator } from "@batchwise/emulator";
import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { collected, completion, events, refusedWith, responded, type SentRequest, wire } from "./fixtures/wire.ts";
import { OpenAIChat, OpenAIEmbeddings, OpenAIModeration, OpenAIResponses } from "./index.ts";

const KEY = "sk-canarykey-0123456789abcdef";
const INPUTS = ["canary input one", "canary input two", "canary input three"];
/** Pieces that must not turn up: any part of the key that is more than a stock prefix, any of an input. */
const SECRETS = /canary|0123456789|abcdef/i;

const emulator = await startEmulator({ dimensions: 4, tokens: "fast" });
afterAll(() => emulator.close());

const logged: unknown[][] = [];
beforeEach(() => {
  logged.length = 0;
  for (const method of ["log", "info", "warn", "error", "debug"] as const) {
    vi.spyOn(console, method).mockImplementation((...values) => void logged.push(values));
  }
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** What a server may say that quotes everything it was sent. */
const quoting = ({ headers, body }: SentRequest): string => `${headers.get("authorization")} ${JSON.stringify(body)}`;

test.for<[string, (request: SentRequest) => Response | Promise<Response>]>([
  ...[400, 401, 402, 403, 404, 408, 409, 413, 422, 429, 500, 503].map(
    (status): [string, (request: SentRequest) => Response] => [
      `a ${status} whose every field quotes the request`,
      (request) => {
        const text = quoting(request);
        const headers = { "x-request-id": text.replaceAll(/[^ -~]/g, ""), "retry-after": text };
        return refusedWith(status, { message: text, code: text, type: text, param: text }, headers);
      },
    ],
  ),
  ["a page that quotes the request", (request) => new Response(quoting(request), { status: 502 })],
  ["a good status and no JSON", (request) => new Response(quoting(request))],
  ["an error with a good status", (request) => Response.json({ error: { message: quoting(request) } })],
  ["an answer of another shape", (request) => Response.json({ [quoting(request)]: quoting(request) })],
  [
    "a connection that fails and quotes",
    (request) => {
      throw Object.assign(new Error(quoting(request)), { code: "ECONNRESET", cause: new Error(quoting(request)) });
    },
  ],
  [
    "a body that breaks off and quotes",
    (request) => new Response(new ReadableStream({ start: (stream) => stream.error(new Error(quoting(request))) })),
  ],
  ["a vector that is none", (request) => Response.json({ data: [{ index: 0, embedding: quoting(request) }] })],
  ["a stream of errors", (request) => events({ error: { message: quoting(request), code: quoting(request) } })],
  ["a refusal by the model", (request) => completion(null, {}, { refusal: quoting(request) })],
  ["an answer of chat that the schema refuses", (request) => completion(JSON.stringify({ a: quoting(request) }))],
  ["an answer of chat that is no JSON", (request) => completion(quoting(request))],
  ["an answer of responses that the schema refuses", (request) => responded(JSON.stringify({ a: quoting(request) }))],
  [
    "an answer of responses that failed",
    (request) => responded("", { status: "failed", error: { code: "invalid_prompt", message: quoting(request) } }),
  ],
])("P35 %s: neither key nor input in any error", async ([, answer]) => {
  const { fetch } = wire(answer);
  const errors = await everyError({ fetch });
  expect(errors.length).toBeGreaterThan(0);
  for (const error of errors) expectClean(error);
  expect(inspect(logged, { depth: 10 })).not.toMatch(SECRETS);
});

test.for([
  { serverErrorRate: 1 },
  { htmlErrorRate: 1 },
  { resetRate: 1 },
  { cutBodyRate: 1 },
  { rateLimitRate: 1, retryAfterMs: 1 },
  { quotaAfterRequests: 0 },
  { badInput: { marker: "canary" } },
  { badInput: { marker: "canary", named: true } },
  { missingRowRate: 1 },
  { nanRate: 1 },
  { wrongSizeRate: 1 },
  { duplicateIndexRate: 1 },
  { outOfRangeIndexRate: 1 },
])("P35 the emulator's %j: neither key nor input in any error", async (faults) => {
  emulator.reset({ faults });
  const errors = await everyError({ baseURL: emulator.openaiBaseURL });
  for (const error of errors) expectClean(error);
  expect(inspect(logged, { depth: 10 })).not.toMatch(SECRETS);
});

test("P35 a refused key is not quoted, not even in part", async () => {
  emulator.reset({ apiKey: "another" });
  const errors = await everyError({ baseURL: emulator.openaiBaseURL });
  expect(errors).not.toHaveLength(0);
  for (const error of errors) expectClean(error);
});

test("P35 a Runnable that is printed does not show its key", () => {
  const model = { apiKey: KEY, model: "gpt-6-luna" };
  const runnables = [new OpenAIEmbeddings({ apiKey: KEY }), new OpenAIChat(model), new OpenAIResponses(model)];
  for (const runnable of [...runnables, new OpenAIModeration({ apiKey: KEY })]) {
    expect(inspect(runnable, { depth: 20 })).not.toMatch(SECRETS);
    expect(JSON.stringify(runnable)).not.toMatch(SECRETS);
  }
});

/** Lets everything pass at once: what is refused here must not slow down what follows. */
const OPEN: RateLimiter = { reserve: () => Promise.resolve({ settle: () => undefined }) };

/** Every error of every Runnable, by every way to call it. */
async function everyError(options: { fetch?: ReturnType<typeof wire>["fetch"]; baseURL?: string }): Promise<unknown[]> {
  const schema = z.object({ a: z.literal("x") });
  const common = { apiKey: KEY, ...options, retry: false as const, limiter: OPEN };
  const model = { ...common, model: "gpt-6-luna" };
  const runnables = [
    new OpenAIEmbeddings(common),
    new OpenAIModeration(common),
    new OpenAIChat(model),
    new OpenAIChat({ ...model, schema }),
    new OpenAIResponses(model),
    new OpenAIResponses({ ...model, schema }),
  ];
  const errors: unknown[] = [];
  const keep = (error: unknown): void => void errors.push(error);
  for (const runnable of runnables) {
    // They differ in what they take and give; here a text goes in and nothing but errors is looked at.
    const { invoke, batch, stream } = callsOf(runnable as OpenAIChat<unknown>);
    await invoke().catch(keep);
    await batch(false).catch(keep);
    errors.push(...(await batch(true).catch((error: unknown) => [error])).filter((slot) => slot instanceof Error));
    if ("stream" in runnable) await stream().catch(keep);
  }
  return errors;
}

function callsOf(runnable: OpenAIChat<unknown>): {
  readonly invoke: () => Promise<unknown>;
  readonly batch: (returnExceptions: boolean) => Promise<unknown[]>;
  readonly stream: () => Promise<unknown>;
} {
  return {
    invoke: () => runnable.invoke(INPUTS[0]!),
    batch: (returnExceptions) => runnable.batch(INPUTS, { returnExceptions }),
    stream: () => collected(runnable.stream(INPUTS[0]!)),
  };
}

/** The error's own words and fields, and those of everything in it; `outcomes` of a BatchError are the caller's data. */
function expectClean(error: unknown): void {
  for (let each = error; each instanceof Error; each = each.cause) {
    expect(each.message).not.toMatch(SECRETS);
    expect(each.stack).not.toMatch(SECRETS);
    expect(JSON.stringify(each)).not.toMatch(SECRETS);
    expect(inspect(each, { depth: 10 })).not.toMatch(SECRETS);
  }
}
