import {
  BatchwiseError,
  type Clock,
  InputError,
  type JobBackend,
  type JobRow,
  ProviderError,
  ResultError,
  type Runnable,
  systemClock,
} from "@batchwise/core";
import { type Behavior, startEmulator } from "@batchwise/emulator";
import { failureOf } from "@batchwise/testkit";
import { OpenAI } from "openai";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { OpenAIChat, type OpenAIClient, OpenAIEmbeddings, OpenAIModeration, OpenAIResponses } from "../index.ts";

// A safeguard, not a measure, for machines that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const emulator = await startEmulator({ tokens: "fast" });
afterAll(() => emulator.close());
beforeEach(() => begin({}));

function begin(behaviour: Behavior): void {
  const nothing = { seed: 1, faults: {}, jobs: {}, trackInputs: false } as const;
  emulator.reset({ ...nothing, tokens: "fast", ...behaviour });
}

/** Every wait is over at once. */
const clock: Clock = { now: () => 0, after: (_ms, run) => systemClock.after(0, run) };
const options = { apiKey: "test-key", baseURL: emulator.openaiBaseURL, clock };
const texts = Array.from({ length: 12 }, (_, index) => `text number ${index}`);

async function backendOf<Input, Output>(runnable: Runnable<Input, Output>): Promise<JobBackend<Input, Output>> {
  return runnable.settings!.jobs!();
}

/** Starts a job for these inputs, one a line. */
async function start<Input, Output>(
  backend: JobBackend<Input, Output>,
  inputs: readonly Input[],
  tag: string = "tag-1",
): Promise<string> {
  return backend.create(
    inputs.map((input, index) => backend.line([input], String(index))),
    tag,
    {},
  );
}

/** The rows of a job, by the position of their input. */
async function rows<Input, Output>(
  backend: JobBackend<Input, Output>,
  id: string,
  inputs: readonly Input[],
): Promise<(JobRow<Output>["outcome"] | undefined)[]> {
  const outcomes: (JobRow<Output>["outcome"] | undefined)[] = inputs.map(() => undefined);
  for await (const row of backend.rows(id, (lineId) => [inputs[Number(lineId)]!], {})) {
    expect(outcomes[Number(row.id)]).toBeUndefined();
    outcomes[Number(row.id)] = row.outcome;
  }
  return outcomes;
}

async function results<Input, Output>(
  runnable: Runnable<Input, Output>,
  inputs: readonly Input[],
): Promise<(Output | Error | undefined)[]> {
  const backend = await backendOf(runnable);
  const id = await start(backend, inputs);
  expect(await backend.poll(id, {})).toMatchObject({ status: "ended" });
  const outcomes = await rows(backend, id, inputs);
  return outcomes.map((outcome) => (Array.isArray(outcome) ? (outcome[0] as Output | Error) : (outcome as Error)));
}

describe("results are those of the live batch", () => {
  test("P7 embeddings, whatever the order of the rows", async () => {
    const embeddings = new OpenAIEmbeddings({ ...options, dimensions: 8 });
    expect(await results(embeddings, texts)).toEqual(await embeddings.batch(texts));
  });

  test("moderation", async () => {
    const moderation = new OpenAIModeration(options);
    const inputs = ["a walk", "violence", "hate"];
    expect(await results(moderation, inputs)).toEqual(await moderation.batch(inputs));
  });

  test("chat, its usage too", async () => {
    const chat = new OpenAIChat({ ...options, model: "gpt-6-luna", instructions: "Be brief." });
    const inputs = ["one", [{ role: "user", content: "two" } as const], { messages: [{ role: "user", content: "3" }] }];
    expect(await results(chat, inputs as never[])).toEqual(await chat.batch(inputs as never[]));
  });

  test("responses, with a schema", async () => {
    const schema = z.object({ name: z.string() });
    const responses = new OpenAIResponses({ ...options, model: "gpt-6-luna", schema });
    expect(await results(responses, ["Ada", "Grace"])).toEqual([{ name: "Ada" }, { name: "Grace" }]);
  });

  test("an answer that the schema refuses is that row's error", async () => {
    const schema = z.object({ name: z.string().refine((name) => name !== "Ada") });
    const chat = new OpenAIChat({ ...options, model: "gpt-6-luna", schema });
    const [ada, grace] = await results(chat, ["Ada", "Grace"]);
    expect(ada).toBeInstanceOf(ResultError);
    expect(grace).toEqual({ name: "Grace" });
  });

  test("a text that is too long is cut as it is live", async () => {
    const embeddings = new OpenAIEmbeddings({ ...options, dimensions: 8, truncate: true, maxInputTokens: 5 });
    const long = ["a text of rather more than five tokens in all", "short"];
    expect(await results(embeddings, long)).toEqual(await embeddings.batch(long));
  });
});

describe("what is sent", () => {
  test("lines hold the body of the live request", async () => {
    const sent: any[] = [];
    const spy: typeof fetch = (url, init) => {
      // A batch does not stream, and need not say so.
      const { stream: _stream, ...body } = JSON.parse(init!.body as string) as Record<string, unknown>;
      sent.push(body);
      return fetch(url, init);
    };
    const schema = z.object({ name: z.string() });
    const own = { ...options, fetch: spy };
    const cases: [Runnable<any, any>, unknown][] = [
      [new OpenAIEmbeddings({ ...own, dimensions: 3, user: "u" }), "a text"],
      [new OpenAIModeration(own), "a text"],
      [new OpenAIChat({ ...own, model: "m", instructions: "i", temperature: 1, maxTokens: 99, schema }), "a prompt"],
      [
        new OpenAIResponses({ ...own, model: "m", instructions: "i", maxTokens: 99, body: { store: false } }),
        "a prompt",
      ],
    ];
    for (const [runnable, input] of cases) {
      await runnable.batch([input]);
      const { id, text } = (await backendOf(runnable)).line([input], "line-1");
      expect(id).toBe("line-1");
      expect(JSON.parse(text)).toEqual({
        custom_id: "line-1",
        method: "POST",
        url: expect.any(String),
        // Lines have no streams.
        body: { ...sent.at(-1), stream: undefined },
      });
      expect(text).not.toContain("\n");
    }
    const embeddings = await backendOf(new OpenAIEmbeddings({ ...options, dimensions: 3 }));
    expect(embeddings.line(["a"], "7").text).toMatchInlineSnapshot(
      `"{"custom_id":"7","method":"POST","url":"/v1/embeddings","body":{"model":"text-embedding-3-small","input":["a"],"encoding_format":"base64","dimensions":3}}"`,
    );
  });

  test("a file, a batch that reads it, and no probe and no second try of the SDK's", async () => {
    const calls: unknown[] = [];
    const spy: typeof fetch = async (url, init) => {
      const { body } = init!;
      const form = body instanceof FormData ? await (body.get("file") as File).text() : body;
      calls.push([init!.method?.toUpperCase(), new Request(url).url.replace(/^.*\/v1/, ""), form]);
      return fetch(url, init);
    };
    const backend = await backendOf(new OpenAIModeration({ ...options, fetch: spy }));
    const id = await start(backend, ["a", "b"], "batchwise/run 1");
    const [upload, create] = calls as [unknown[], unknown[]];
    expect(calls).toHaveLength(2);
    expect(upload).toEqual([
      "POST",
      "/files",
      expect.stringMatching(/^\{"custom_id":"0".*\}\n\{"custom_id":"1".*\}\n$/),
    ]);
    expect(create.slice(0, 2)).toEqual(["POST", "/batches"]);
    expect(JSON.parse(create[2] as string)).toEqual({
      input_file_id: expect.stringMatching(/^file-/),
      endpoint: "/v1/moderations",
      completion_window: "24h",
      metadata: { tag: "batchwise/run 1" },
    });
    calls.length = 0;
    begin({ faults: { serverErrorRate: 1 } });
    await expect(backend.find(id, {})).rejects.toMatchObject({ retryable: true });
    expect(calls).toHaveLength(1);
  });

  test("through a client that was given, of the SDK", async () => {
    const client = new OpenAI({ apiKey: options.apiKey, baseURL: options.baseURL });
    const embeddings = new OpenAIEmbeddings({ client, dimensions: 8 });
    expect(await results(embeddings, texts)).toEqual(await embeddings.batch(texts));
  });

  test("a client without get: an error that says so", async () => {
    const sdk = new OpenAI({ apiKey: "k" });
    const client: OpenAIClient = { post: (path, more) => sdk.post(path, more) };
    const backend = await backendOf(new OpenAIModeration({ client }));
    await expect(backend.poll("x", {})).rejects.toThrow("Expected `client` to have `get`");
  });

  test("nothing of an input that cannot be sent", async () => {
    const embeddings = await backendOf(new OpenAIEmbeddings({ ...options, maxInputTokens: 3 }));
    for (const input of ["", 7, null, "a text of more than three tokens"]) {
      expect(() => embeddings.check!(input as string)).toThrow(InputError);
    }
    expect(() => embeddings.check!("a text")).not.toThrow();
    const chat = await backendOf(new OpenAIChat({ ...options, model: "m" }));
    const circular: Record<string, unknown> = { role: "user" };
    circular["content"] = circular;
    for (const input of [7, [], { messages: [] }, [circular]]) {
      expect(() => chat.check!(input as never)).toThrow(InputError);
    }
  });
});

test("identity tells everything apart that makes other results, and holds no key", async () => {
  const base = { ...options, apiKey: "sk-canary" };
  const runnables = [
    new OpenAIEmbeddings(base),
    new OpenAIEmbeddings({ ...base, dimensions: 8 }),
    new OpenAIEmbeddings({ ...base, truncate: true }),
    new OpenAIEmbeddings({ ...base, baseURL: "https://other.test/v1" }),
    new OpenAIModeration(base),
    new OpenAIChat({ ...base, model: "m" }),
    new OpenAIChat({ ...base, model: "m", instructions: "x" }),
    new OpenAIResponses({ ...base, model: "m" }),
  ];
  const identities = await Promise.all(runnables.map(async (each) => (await backendOf<any, any>(each)).identity));
  expect(new Set(identities).size).toBe(runnables.length);
  expect(identities.join()).not.toContain("canary");
  expect((await backendOf(new OpenAIEmbeddings(base))).identity).toBe(identities[0]);
});

test("identity is what the notes of jobs that run have held from the first", async () => {
  const base = { apiKey: "k", baseURL: "https://host.example/v1" };
  const dimensions = { dimensions: 8, user: "u", truncate: true };
  const generation = { ...base, model: "m", instructions: "i", temperature: 1, maxTokens: 9 };
  const runnables = [
    new OpenAIEmbeddings({ ...base, ...dimensions }),
    new OpenAIModeration(base),
    new OpenAIChat({ ...generation, body: { seed: 4 } }),
    new OpenAIResponses({ ...generation, body: { store: false } }),
  ];
  expect(await Promise.all(runnables.map(async (each) => (await backendOf<any, any>(each)).identity))).toEqual([
    'openai host.example /v1/embeddings {"path":"/embeddings","body":{"model":"text-embedding-3-small","input":[],' +
      '"encoding_format":"base64","dimensions":8,"user":"u"},"parts":{},"length":{"maxTokens":8192,"truncate":true}}',
    'openai host.example /v1/moderations {"path":"/moderations","body":{"model":"omni-moderation-latest","input":[]},"parts":{}}',
    'openai host.example /v1/chat/completions {"model":"m","temperature":1,"max_completion_tokens":9,"seed":4,"instructions":"i"}',
    'openai host.example /v1/responses {"model":"m","instructions":"i","temperature":1,"max_output_tokens":9,"store":false}',
  ]);
});

test("caps and price", async () => {
  const { caps, priceShare } = await backendOf(new OpenAIModeration(options));
  expect({ ...caps, priceShare }).toEqual({
    lines: 50_000,
    bytes: 200_000_000,
    inputs: 50_000,
    inputsPerLine: 1,
    jobsPerHour: 2000,
    priceShare: 0.5,
  });
});

describe("a job that did not go well", () => {
  const embeddings = new OpenAIEmbeddings({ ...options, dimensions: 4 });

  test("P32 one that expired keeps its rows, and the lines that it did not come to have none", async () => {
    begin({ jobs: { expireRate: 1, expireAfter: 0.5 } });
    const backend = await backendOf(embeddings);
    const id = await start(backend, texts);
    const state = await backend.poll(id, {});
    expect(state).toMatchObject({ status: "ended", reason: { retryable: true, providerCode: "batch_expired" } });
    const outcomes = await rows(backend, id, texts);
    expect(outcomes.filter((outcome) => Array.isArray(outcome))).toHaveLength(6);
    expect(outcomes.filter((outcome) => outcome === undefined)).toHaveLength(6);
  });

  test("P32 so does one that was cancelled; cancelling it again is no error", async () => {
    begin({ jobs: { durationMs: 60_000 } });
    const backend = await backendOf(embeddings);
    const id = await start(backend, texts);
    expect(await backend.poll(id, {})).toMatchObject({ status: "running" });
    await backend.cancel(id, {});
    await backend.cancel(id, {});
    expect(await backend.poll(id, {})).toMatchObject({ status: "ended", reason: { retryable: true } });
    expect(await rows(backend, id, texts)).toEqual(texts.map(() => undefined));
    await expect(backend.cancel("batch_none", {})).rejects.toMatchObject({ status: 404 });
  });

  test("P31 completed without its files is still running, until they are there", async () => {
    begin({ jobs: { missingFileMs: 60_000 } });
    const backend = await backendOf(embeddings);
    const id = await start(backend, texts);
    expect(await backend.poll(id, {})).toEqual({ status: "running", done: 12 });
  });

  test.each([false, true])("P31 with an error file alone every line has its error (nulls: %j)", async (nulls) => {
    begin({ jobs: { onlyErrorFile: true, nulls } });
    const errors = await results(embeddings, texts);
    expect(errors.map((error) => ProviderError.isInstance(error) && [error.status, error.retryable])).toEqual(
      texts.map(() => [500, true]),
    );
  });

  test("P33 lines that failed have errors that say whether to try again", async () => {
    begin({ seed: 3, jobs: { lineErrorRate: 0.4 }, faults: { badInput: { marker: "number 5", named: true } } });
    const outcomes = await results(embeddings, texts);
    expect(outcomes[5]).toMatchObject({ code: "invalid_input", status: 400, retryable: false, position: 0 });
    const failed = outcomes.filter((outcome) => ProviderError.isInstance(outcome) && outcome.retryable);
    expect(failed.length).toBeGreaterThan(0);
    expect(outcomes.filter((outcome) => outcome instanceof Float32Array)).toHaveLength(11 - failed.length);
  });

  test("P31 one that failed over the cap of waiting tokens may be sent again, and has no rows", async () => {
    begin({ jobs: { enqueuedTokens: 1 } });
    const backend = await backendOf(embeddings);
    const id = await start(backend, texts);
    expect(await backend.poll(id, {})).toMatchObject({
      status: "ended",
      reason: { code: "rate_limited", providerCode: "token_limit_exceeded", retryable: true },
    });
    expect(emulator.stats().byEndpoint["DELETE /v1/files/:id"]).toBe(1);
    expect(await rows(backend, id, texts)).toEqual(texts.map(() => undefined));
  });

  test("one whose file is wrong may not", async () => {
    const backend = await backendOf(embeddings);
    const line = backend.line(["a"], "0");
    const id = await backend.create([line, line], "t", {});
    const { reason } = await backend.poll(id, {});
    expect(reason).toMatchObject({ code: "invalid_argument", providerCode: "duplicate_custom_id", retryable: false });
  });

  test("flaws in a row are that row's errors", async () => {
    begin({ faults: { nanRate: 1 } });
    const outcomes = await results(embeddings, texts);
    expect(outcomes.every((outcome) => outcome instanceof ResultError)).toBe(true);
  });
});

describe("creating", () => {
  test("a file that cannot be found at once is looked for again", async () => {
    begin({ jobs: { fileNotFoundOnce: true } });
    const embeddings = new OpenAIEmbeddings({ ...options, dimensions: 8 });
    expect(await results(embeddings, texts)).toHaveLength(12);
    expect(emulator.stats().byStatus["400"]).toBe(1);
  });

  test("an answer that was lost: the job is found by its tag", async () => {
    begin({ jobs: { lostCreateRate: 1 } });
    const backend = await backendOf(new OpenAIEmbeddings({ ...options, dimensions: 8 }));
    await expect(start(backend, texts, "run-1/shard-1")).rejects.toMatchObject({
      code: "network_error",
      retryable: true,
    });
    const [found, ...others] = await backend.find("run-1/", {});
    expect(others).toEqual([]);
    expect(found).toMatchObject({ tag: "run-1/shard-1" });
    expect(await rows(backend, found!.id, texts)).not.toContain(undefined);
    expect(await backend.find("run-2/", {})).toEqual([]);
  });

  test("all pages of the list are looked through", async () => {
    const backend = await backendOf(new OpenAIModeration(options));
    for (let index = 0; index < 101; index++) await start(backend, ["a"], `run/${index}`);
    expect(await backend.find("run/", {})).toHaveLength(101);
    expect((await backend.find("run/100", {})).map(({ tag }) => tag)).toEqual(["run/100"]);
  });

  test("one that is tried again uploads its file once; one that is refused for good leaves none", async () => {
    begin({ jobs: { creationsPerHour: 0 } });
    const backend = await backendOf(new OpenAIModeration(options));
    const lines = [backend.line(["a"], "0")];
    const files = (): number | undefined => emulator.stats().byEndpoint["POST /v1/files"];
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(backend.create(lines, "t", {})).rejects.toMatchObject({ code: "rate_limited", retryable: true });
    }
    expect(files()).toBe(1);
    begin({});
    const refused = await failureOf(backend.create([backend.line(["b"], "0")], "x".repeat(600), {}));
    expect(refused).toMatchObject({ code: "invalid_argument", status: 400, retryable: false });
    expect(emulator.stats().byEndpoint["DELETE /v1/files/:id"]).toBe(1);
  });

  test("a key that is refused ends it", async () => {
    begin({ apiKey: "another" });
    const backend = await backendOf(new OpenAIModeration(options));
    await expect(start(backend, ["a"])).rejects.toMatchObject({ code: "authentication", retryable: false });
    emulator.reset({ apiKey: undefined });
  });
});

describe("reading", () => {
  test("the input file is deleted, the rows can be read again", async () => {
    const backend = await backendOf(new OpenAIEmbeddings({ ...options, dimensions: 4 }));
    const id = await start(backend, texts);
    const first = await rows(backend, id, texts);
    expect(emulator.stats().byEndpoint["DELETE /v1/files/:id"]).toBe(1);
    expect(await rows(backend, id, texts)).toEqual(first);
  });

  test("tokens of each line are told", async () => {
    const backend = await backendOf(new OpenAIChat({ ...options, model: "m" }));
    const id = await start(backend, ["one"]);
    const told: unknown[] = [];
    for await (const { inputTokens, outputTokens } of backend.rows(id, () => ["one"], {})) {
      told.push([inputTokens, outputTokens]);
    }
    expect(told).toEqual([[5, 3]]);
  });

  test("whoever leaves early lets go, and nothing is deleted", async () => {
    const backend = await backendOf(new OpenAIEmbeddings({ ...options, dimensions: 4 }));
    const id = await start(backend, texts);
    for await (const row of backend.rows(id, () => ["a"], {})) {
      expect(row.id).toBeDefined();
      break;
    }
    expect(emulator.stats().byEndpoint["DELETE /v1/files/:id"]).toBeUndefined();
  });

  test("an abort ends it with its reason, any call", async () => {
    const backend = await backendOf(new OpenAIModeration(options));
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(backend.poll("x", { signal })).rejects.toThrow("enough");
    await expect(backend.create([], "t", { signal })).rejects.toThrow("enough");
    await expect(backend.find("t", { signal })).rejects.toThrow("enough");
    await expect(backend.cancel("x", { signal })).rejects.toThrow("enough");
    const read = backend.rows("x", () => [], { signal });
    await expect(read[Symbol.asyncIterator]().next()).rejects.toThrow("enough");
  });

  test.each<[string, Behavior["faults"]]>([
    ["errors of the server", { serverErrorRate: 0.3 }],
    ["pages of HTML", { htmlErrorRate: 0.3 }],
    ["connections that are reset", { resetRate: 0.3 }],
    ["bodies that end early", { cutBodyRate: 0.3 }],
    ["429s out of the blue", { rateLimitRate: 0.3 }],
  ])("%s are errors worth another try, and no row is wrong", async (_, faults) => {
    const embeddings = new OpenAIEmbeddings({ ...options, dimensions: 4 });
    const expected = await embeddings.batch(texts);
    const backend = await backendOf(embeddings);
    begin({ faults, seed: 11 });
    const id = await again(() => start(backend, texts));
    for (let poll = 0; poll < 10; poll++) await again(() => backend.poll(id, {}));
    const outcomes = await again(() => rows(backend, id, texts));
    expect(outcomes).toEqual(expected.map((vector) => [vector]));
    expect(Object.values(emulator.stats().faults).length).toBeGreaterThan(0);
  });
});

/** Tries until it works; each failure has to say that this is worth it. */
async function again<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 0; attempt < 50; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!BatchwiseError.isInstance(error) || !error.retryable) throw error;
    }
  }
  throw new Error("Expected it to work once in 50 times.");
}
