import {
  BatchwiseError,
  InputError,
  type JobBackend,
  type JobRow,
  ProviderError,
  ResultError,
  type Runnable,
} from "@batchwise/core";
import { type Behavior, startEmulator } from "@batchwise/emulator";
import { failureOf } from "@batchwise/testkit";
import { CohereClient, CohereClientV2 } from "cohere-ai";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { CohereChat, CohereEmbeddings, type CohereEmbeddingsOptions } from "../index.ts";

// A safeguard, not a measure, for machines that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const emulator = await startEmulator({ tokens: "fast" });
afterAll(() => emulator.close());
beforeEach(() => begin({}));

function begin(behaviour: Behavior): void {
  emulator.reset({ seed: 1, tokens: "fast", faults: {}, jobs: {}, apiKey: undefined, ...behaviour });
}

const options = { apiKey: "test-key", baseURL: emulator.cohereBaseURL };
const texts = Array.from({ length: 12 }, (_, index) => `text number ${index}`);

function embeddingsWith(more: Partial<CohereEmbeddingsOptions> = {}): CohereEmbeddings {
  return new CohereEmbeddings({
    ...options,
    model: "embed-v4.0",
    inputType: "search_document",
    outputDimension: 256,
    ...more,
  });
}

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
  test("P7 embeddings out of Avro, whatever the order of the rows", async () => {
    expect(await results(embeddingsWith(), texts)).toEqual(await embeddingsWith().batch(texts));
  });

  test("chat, its usage too", async () => {
    const chat = new CohereChat({ ...options, model: "command-a-03-2025", instructions: "Be brief." });
    const inputs = ["one", [{ role: "user", content: "two" } as const], { messages: [{ role: "user", content: "3" }] }];
    expect(await results(chat, inputs as never[])).toEqual(await chat.batch(inputs as never[]));
  });

  test("chat with a schema, and an answer that it refuses", async () => {
    const schema = z.object({ name: z.string().refine((name) => name !== "Ada") });
    const chat = new CohereChat({ ...options, model: "command-a-03-2025", schema });
    const [ada, grace] = await results(chat, ["Ada", "Grace"]);
    expect(ada).toBeInstanceOf(ResultError);
    expect(grace).toEqual({ name: "Grace" });
  });

  test.each([
    ["a CohereClientV2", new CohereClientV2({ token: "k", environment: emulator.cohereBaseURL })],
    ["a CohereClient", new CohereClient({ token: "k", environment: emulator.cohereBaseURL })],
  ])("through %s that was given", async (_, client) => {
    const { apiKey: _key, baseURL: _url, ...own } = { ...options, client: client as never };
    const embeddings = new CohereEmbeddings({ ...own, model: "embed-v4.0", inputType: "clustering" });
    const [outcome] = await results(embeddings, ["a"]);
    expect(outcome).toHaveLength(1536);
  });

  test("a client without batches: an error that says so", async () => {
    const { v2: client } = new CohereClient({ token: "k" });
    const embeddings = new CohereEmbeddings({ client, model: "m", inputType: "clustering" });
    await expect(backendOf(embeddings)).rejects.toThrow("Expected `client` to have `batches` and `datasets`");
  });
});

describe("what is sent", () => {
  test("a line of embeddings", async () => {
    const backend = await backendOf(embeddingsWith({ maxTokens: 9, priority: 3, truncate: "NONE" }));
    expect(JSON.parse(backend.line(["a text"], "7").text)).toEqual({
      custom_id: "7",
      body: {
        input_type: "search_document",
        embedding_types: ["float"],
        truncate: "NONE",
        output_dimension: 256,
        max_tokens: 9,
        priority: 3,
        inputs: [{ content: [{ type: "text", text: "a text" }] }],
      },
    });
  });

  test("a line of chat is what the SDK sends live, but for the model, which is the batch's", async () => {
    let live: any;
    const spy: typeof fetch = (url, init) => {
      live = JSON.parse(init!.body as string);
      return fetch(url, init);
    };
    const chat = new CohereChat({
      ...options,
      fetch: spy,
      model: "command-a-03-2025",
      instructions: "i",
      temperature: 0.5,
      maxTokens: 99,
      schema: z.object({ camelCase: z.string() }),
      body: {
        stopSequences: ["x"],
        safetyMode: "STRICT",
        citationOptions: { mode: "FAST" },
        documents: ["d", { id: "1", data: { camelCase: "v" } }],
        tools: [
          {
            type: "function",
            function: { name: "f", parameters: { type: "object", properties: { inputText: { type: "string" } } } },
          },
        ],
      },
    });
    const input = {
      frequencyPenalty: 0.1,
      messages: [
        { role: "user" as const, content: [{ type: "text" as const, text: "hi" }] },
        {
          role: "assistant" as const,
          toolPlan: "p",
          toolCalls: [{ id: "1", type: "function" as const, function: { name: "f", arguments: '{"inputText":1}' } }],
        },
        { role: "tool" as const, toolCallId: "1", content: "r" },
      ],
    };
    await chat.batch([input], { returnExceptions: true });
    const { model, stream, ...common } = live;
    expect({ model, stream }).toEqual({ model: "command-a-03-2025", stream: false });
    expect(JSON.parse((await backendOf(chat)).line([input], "7").text)).toEqual({ custom_id: "7", body: common });
  });

  test("a dataset, a look at it, a batch that reads it", async () => {
    const calls: unknown[] = [];
    const spy: typeof fetch = async (url, init) => {
      const { body, method, headers } = init!;
      const text = body === undefined || typeof body === "string" ? body : await new Response(body).text();
      calls.push([method, new Request(url).url.replace(emulator.url, ""), text]);
      const again = typeof body === "string" || body === undefined ? { body } : { body: text };
      return fetch(url, { method: method!, headers: headers!, ...again } as RequestInit);
    };
    const backend = await backendOf(embeddingsWith({ fetch: spy }));
    await start(backend, ["a", "b"], "run 1/shard 2");
    expect(calls).toEqual([
      [
        "POST",
        "/v1/datasets?name=run+1%2Fshard+2&type=batch-embed-v2-input",
        expect.stringContaining('"custom_id":"1"'),
      ],
      ["GET", expect.stringMatching(/^\/v1\/datasets\//), undefined],
      ["POST", "/v2/batches", expect.any(String)],
    ]);
    expect((calls as string[][])[0]![2]).toContain('name="data"; filename="run_1_shard_2.jsonl"');
    expect(JSON.parse((calls as string[][])[2]![2]!)).toEqual({
      name: "run 1/shard 2",
      input_dataset_id: expect.any(String),
      model: "batch-embed-v4",
    });
  });

  test("the model of jobs can be chosen, and is the same where nothing else is known", async () => {
    const identity = async (runnable: Runnable<any, any>): Promise<string> => (await backendOf(runnable)).identity;
    expect(await identity(embeddingsWith())).toContain(" batch-embed-v4 ");
    expect(await identity(embeddingsWith({ jobModel: "batch-embed-v4-a100" }))).toContain(" batch-embed-v4-a100 ");
    expect(await identity(embeddingsWith({ model: "embed-v5.0-pro" }))).toContain(" embed-v5.0-pro ");
    expect(() => embeddingsWith({ jobModel: "" })).toThrow("`jobModel`");
  });

  test("nothing of an input that cannot be sent", async () => {
    const embeddings = await backendOf(embeddingsWith());
    for (const input of ["", 7, null]) expect(() => embeddings.check!(input as string)).toThrow(InputError);
    expect(() => embeddings.check!("a")).not.toThrow();
    const chat = await backendOf(new CohereChat({ ...options, model: "m" }));
    for (const input of [7, " ", [], { messages: [{ role: "user", content: 1n }] }]) {
      expect(() => chat.check!(input as never)).toThrow(InputError);
    }
  });
});

test("identity tells everything apart that makes other results, and holds no key", async () => {
  const runnables = [
    embeddingsWith({ apiKey: "canary" }),
    embeddingsWith({ inputType: "search_query" }),
    embeddingsWith({ outputDimension: 512 }),
    embeddingsWith({ baseURL: "https://other.test" }),
    new CohereChat({ ...options, model: "m" }),
    new CohereChat({ ...options, model: "m", instructions: "x" }),
  ];
  const identities = await Promise.all(runnables.map(async (each) => (await backendOf<any, any>(each)).identity));
  expect(new Set(identities).size).toBe(runnables.length);
  expect(identities.join()).not.toContain("canary");
  expect((await backendOf(embeddingsWith())).identity).toBe(identities[0]);
});

test("identity is what the notes of jobs that run have held from the first", async () => {
  const base = { apiKey: "k", baseURL: "https://host.example/v1", model: "m", maxTokens: 4, jobModel: "j" };
  const runnables = [
    new CohereEmbeddings({ ...base, inputType: "clustering", outputDimension: 8, truncate: "NONE", priority: 3 }),
    new CohereChat({ ...base, instructions: "i", temperature: 1, body: { seed: 4 } }),
  ];
  expect(await Promise.all(runnables.map(async (each) => (await backendOf<any, any>(each)).identity))).toEqual([
    'cohere host.example batch-embed-v2-input j {"inputType":"clustering","embeddingTypes":["base64"],' +
      '"truncate":"NONE","outputDimension":8,"maxTokens":4,"priority":3}',
    'cohere host.example batch-chat-v2-input j {"temperature":1,"maxTokens":4,"seed":4,"instructions":"i"}',
  ]);
});

describe("a job that did not go well", () => {
  test("P32 one that stopped half way keeps its rows", async () => {
    begin({ jobs: { expireRate: 1, expireAfter: 0.5 } });
    const backend = await backendOf(embeddingsWith());
    const id = await start(backend, texts);
    expect(await backend.poll(id, {})).toMatchObject({
      status: "ended",
      reason: { retryable: true, providerCode: "batch_failed" },
    });
    const outcomes = await rows(backend, id, texts);
    expect(outcomes.filter((outcome) => Array.isArray(outcome))).toHaveLength(6);
    expect(outcomes.filter((outcome) => outcome === undefined)).toHaveLength(6);
  });

  test.each(["CANCELED", "CANCELLED"] as const)("P32 so does one that is %s", async (canceledSpelling) => {
    begin({ jobs: { durationMs: 60_000, canceledSpelling } });
    const backend = await backendOf(embeddingsWith());
    const id = await start(backend, texts);
    expect(await backend.poll(id, {})).toMatchObject({ status: "running", done: 0 });
    await backend.cancel(id, {});
    await backend.cancel(id, {});
    expect(await backend.poll(id, {})).toMatchObject({ status: "ended", reason: { providerCode: "batch_cancelled" } });
    expect(await rows(backend, id, texts)).toEqual(texts.map(() => undefined));
    await expect(backend.cancel("none", {})).rejects.toMatchObject({ status: 404 });
  });

  test("P31 completed without its output is still running, until it is there", async () => {
    begin({ jobs: { missingFileMs: 60_000 } });
    const backend = await backendOf(embeddingsWith());
    const id = await start(backend, texts);
    expect(await backend.poll(id, {})).toEqual({ status: "running", done: 12 });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 2 * 3_600_000 });
    expect(await backend.poll(id, {})).toMatchObject({ status: "ended", reason: { providerCode: "output_missing" } });
    vi.useRealTimers();
  });

  test.each<[string, Response]>([
    ["looked at", Response.json({ dataset: { id: "d", name: "n", validation_status: "processing" } })],
    ["known", Response.json({ message: "not found" }, { status: 404 })],
  ])("P31 nor has it ended while its output is not yet %s, and that is not taken for no rows", async (_, dataset) => {
    const batch = {
      id: "b",
      name: "n",
      status: "BATCH_STATUS_COMPLETED",
      output_dataset_id: "d",
      num_successful_records: 1,
      updated_at: new Date().toISOString(),
    };
    const fetch: typeof globalThis.fetch = async (url) =>
      new Request(url).url.includes("batches") ? Response.json({ batch }) : dataset.clone();
    const backend = await backendOf(embeddingsWith({ fetch }));
    expect(await backend.poll("b", {})).toEqual({ status: "running", done: 1 });
    await expect(rows(backend, "b", texts)).rejects.toThrow(ProviderError);
  });

  test.each([false, true])("P33 completed can hold failures, each with its error (nulls: %j)", async (nulls) => {
    begin({ seed: 3, jobs: { lineErrorRate: 0.4, nulls }, faults: { badInput: { marker: "number 5" } } });
    const outcomes = await results(embeddingsWith(), texts);
    expect(outcomes[5]).toMatchObject({ code: "invalid_input", status: 400, retryable: false });
    const failed = outcomes.filter((outcome) => ProviderError.isInstance(outcome) && outcome.retryable);
    expect(failed.length).toBeGreaterThan(0);
    expect(outcomes.filter((outcome) => outcome instanceof Float32Array)).toHaveLength(11 - failed.length);
  });

  test("flaws in a row are that row's errors", async () => {
    begin({ faults: { nanRate: 1 } });
    const outcomes = await results(embeddingsWith(), texts);
    expect(outcomes.every((outcome) => outcome instanceof ResultError)).toBe(true);
  });
});

describe("creating", () => {
  test("waits until the dataset has been looked at", async () => {
    begin({ jobs: { validationMs: 300 } });
    const backend = await backendOf(embeddingsWith());
    const id = await start(backend, texts);
    while ((await backend.poll(id, {})).status === "running");
    expect(await rows(backend, id, texts)).not.toContain(undefined);
    expect(emulator.stats().byEndpoint["GET /v1/datasets/:id"]).toBeGreaterThan(2);
  });

  test("a dataset that is refused is deleted, and ends it", async () => {
    const backend = await backendOf(embeddingsWith());
    const line = backend.line(["a"], "0");
    const error = await failureOf(backend.create([line, line], "t", {}));
    expect(error).toMatchObject({ code: "invalid_argument", retryable: false });
    expect(emulator.stats().byEndpoint["DELETE /v1/datasets/:id"]).toBe(1);
  });

  test("an answer that was lost: the job is found by its name", async () => {
    begin({ jobs: { lostCreateRate: 1 } });
    const backend = await backendOf(embeddingsWith());
    await expect(start(backend, texts, "run-1/shard-1")).rejects.toMatchObject({
      code: "network_error",
      retryable: true,
    });
    const found = await backend.find("run-1/", {});
    expect(found).toEqual([{ id: expect.any(String), tag: "run-1/shard-1" }]);
    expect(await rows(backend, found[0]!.id, texts)).not.toContain(undefined);
    expect(await backend.find("run-2/", {})).toEqual([]);
  });

  test("one that is tried again uploads its dataset once", async () => {
    begin({ jobs: { creationsPerHour: 0 } });
    const backend = await backendOf(embeddingsWith());
    const lines = [backend.line(["a"], "0")];
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(backend.create(lines, "t", {})).rejects.toMatchObject({ code: "rate_limited", retryable: true });
    }
    expect(emulator.stats().byEndpoint["POST /v1/datasets"]).toBe(1);
  });

  test("a model that is not there is refused, and no input is to blame", async () => {
    begin({ models: ["another"] });
    const backend = await backendOf(embeddingsWith());
    await expect(start(backend, ["a"])).rejects.toMatchObject({ code: "invalid_argument", status: 404 });
    begin({ models: undefined });
  });

  test("a key that is refused ends it", async () => {
    begin({ apiKey: "another" });
    const backend = await backendOf(embeddingsWith());
    await expect(start(backend, ["a"])).rejects.toMatchObject({ code: "authentication", retryable: false });
  });

  test("an answer that does not come is a TimeoutError", async () => {
    const fetch: typeof globalThis.fetch = (_url, init) =>
      new Promise((_resolve, reject) => {
        init!.signal!.addEventListener("abort", () => reject(init!.signal!.reason as Error));
      });
    const backend = await backendOf(embeddingsWith({ fetch, timeoutMs: 1 }));
    await expect(backend.poll("x", {})).rejects.toMatchObject({ code: "timeout", retryable: true });
  });
});

describe("reading", () => {
  test("the input dataset is deleted, the rows can be read again; the download gets no key", async () => {
    const headers: unknown[] = [];
    const spy: typeof fetch = (url, init) => {
      if (new Request(url).url.includes("/parts/")) headers.push(init?.headers);
      return fetch(url, init);
    };
    const backend = await backendOf(embeddingsWith({ fetch: spy }));
    const id = await start(backend, texts);
    const first = await rows(backend, id, texts);
    expect(emulator.stats().byEndpoint["DELETE /v1/datasets/:id"]).toBe(1);
    expect(await rows(backend, id, texts)).toEqual(first);
    expect(headers).toEqual([undefined, undefined]);
  });

  test.for([true, false])(
    "P53 output that is cut is an error, and its whole rows come (with num_rows: %j)",
    async (hasCounts) => {
      const spy: typeof fetch = async (url, init) => {
        const response = await fetch(url, init);
        const { pathname } = new URL(new Request(url).url);
        if (pathname.includes("/parts/")) {
          const bytes = await response.arrayBuffer();
          return new Response(bytes.slice(0, Math.floor(bytes.byteLength * 0.7)));
        }
        if (hasCounts) return response;
        const left = (name: string, value: unknown): unknown => (/^num_(rows|succ)/.test(name) ? undefined : value);
        return new Response(JSON.stringify(await response.json(), left), response);
      };
      const backend = await backendOf(embeddingsWith({ fetch: spy }));
      const many = Array.from({ length: 400 }, (_, index) => `text number ${index}`);
      const id = await start(backend, many);
      const read: string[] = [];
      const reading = (async () => {
        for await (const row of backend.rows(id, (lineId) => [many[Number(lineId)]!], {})) read.push(row.id);
      })();
      await expect(reading).rejects.toMatchObject({ code: "network_error", retryable: true });
      expect(read.length).toBeGreaterThan(0);
      expect(read.length).toBeLessThan(400);
    },
  );

  test("P53 a part that cannot be read leaves the rows of the others", async () => {
    const spy: typeof fetch = async (url, init) => {
      if (new Request(url).url.endsWith("/broken")) return new Response("<html>", { status: 200 });
      const response = await fetch(url, init);
      const body: any = await response
        .clone()
        .json()
        .catch(() => undefined);
      const parts = body?.dataset?.dataset_parts;
      if (!Array.isArray(parts) || parts.length === 0) return response;
      const broken = { ...parts[0], url: `${new URL(parts[0].url).origin}/broken` };
      return Response.json({ ...body, dataset: { ...body.dataset, dataset_parts: [broken, ...parts] } });
    };
    const backend = await backendOf(embeddingsWith({ fetch: spy }));
    const id = await start(backend, texts);
    const read: string[] = [];
    const reading = (async () => {
      for await (const row of backend.rows(id, (lineId) => [texts[Number(lineId)]!], {})) read.push(row.id);
    })();
    await expect(reading).rejects.toMatchObject({ retryable: true });
    expect(read).toHaveLength(12);
  });

  test("tokens of each line are told", async () => {
    const chat = await backendOf(new CohereChat({ ...options, model: "m" }));
    const id = await start(chat, ["one"]);
    const told: unknown[] = [];
    for await (const { inputTokens, outputTokens } of chat.rows(id, () => ["one"], {}))
      told.push([inputTokens, outputTokens]);
    expect(told).toEqual([[5, 3]]);
  });

  test("an abort ends it with its reason, any call", async () => {
    const backend = await backendOf(embeddingsWith());
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
    const expected = await embeddingsWith().batch(texts);
    const backend = await backendOf(embeddingsWith());
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
