import { ResultError } from "@batchwise/core";
import { expect, test } from "vitest";
import { completion, embedded, refusedWith, type SentRequest, wire } from "./fixtures/wire.ts";
import { OpenAIChat, OpenAIEmbeddings } from "./index.ts";

const numbers = ({ body }: SentRequest, vector?: unknown): Response =>
  Response.json({ data: body.input.map((_: string, index: number) => ({ index, embedding: vector ?? [1, 2] })) });
const isBase64 = ({ body }: SentRequest): boolean => body.encoding_format === "base64";
const asked = (requests: readonly SentRequest[]): unknown[] => requests.map(({ body }) => body.encoding_format);

/** Servers that refuse base64. */
test.for<[string, () => Response]>([
  // BerriAI/litellm#17150
  [
    "400",
    () =>
      refusedWith(400, { message: "gemini does not support parameters: {'encoding_format': 'base64'}", code: "400" }),
  ],
  // christopherthompson81/LlamaCpp.Bindings#15; FastAPI's form of a value that is not taken
  ["422", () => Response.json({ detail: [{ loc: ["body", "encoding_format"], msg: "m" }] }, { status: 422 })],
])("P49 a server that refuses base64 with %s is asked for floats from then on", async ([, refuse]) => {
  const { fetch, requests } = wire((request) => (isBase64(request) ? refuse() : numbers(request)));
  const embeddings = new OpenAIEmbeddings({ apiKey: "key", fetch });
  for (const texts of [["a", "b"], ["c"]]) {
    expect(await embeddings.invokeMany(texts)).toEqual(texts.map(() => Float32Array.of(1, 2)));
  }
  expect(asked(requests)).toEqual(["base64", "float", "float"]);
});

/** Servers that answer base64 with nothing. */
test.for<[string, (request: SentRequest) => Response]>([
  // plastic-labs/honcho#932 (OpenRouter)
  ["nothing", () => Response.json({ data: [] })],
  ["empty rows", (request) => numbers(request, [])],
  ["rows of an empty text", (request) => numbers(request, "")],
])("P49 L16 after an answer of %s the engine's next call asks for floats", async ([, empty]) => {
  const { fetch, requests } = wire((request) => (isBase64(request) ? empty(request) : numbers(request)));
  const embeddings = new OpenAIEmbeddings({ apiKey: "key", fetch });
  const [slot] = await embeddings.invokeMany(["a"]);
  expect(slot).toBeInstanceOf(ResultError);
  for (let call = 0; call < 2; call++) expect(await embeddings.invokeMany(["a"])).toEqual([Float32Array.of(1, 2)]);
  expect(asked(requests)).toEqual(["base64", "float", "float"]);
});

test("P49 a server that has sent base64 is asked for nothing else", async () => {
  let calls = 0;
  const { fetch, requests } = wire((request) => (calls++ === 1 ? Response.json({ data: [] }) : embedded(request)));
  const embeddings = new OpenAIEmbeddings({ apiKey: "key", fetch });
  await embeddings.invoke("one");
  await expect(embeddings.invoke("one")).rejects.toMatchObject({ code: "invalid_result" });
  await embeddings.invoke("one");
  expect(asked(requests)).toEqual(["base64", "base64", "base64"]);
});

test("P49 where floats do no better they are not tried forever", async () => {
  const { fetch, requests } = wire(() => Response.json({ data: [] }));
  const embeddings = new OpenAIEmbeddings({ apiKey: "key", fetch });
  for (let call = 0; call < 10; call++) {
    await expect(embeddings.invoke("one")).rejects.toMatchObject({ code: "invalid_result" });
  }
  expect(asked(requests).filter((form) => form === "float")).toHaveLength(3);
});

// su-kaka/gcli2api#297, lbjlaq/Antigravity-Manager#280: Google's words for any argument; and no words at all
test.for<[string, () => Response]>([
  ["nothing by name", () => refusedWith(400, { message: "Request contains an invalid argument." })],
  ["without a word", () => new Response(null, { status: 422 })],
])("P49 L16 after a refusal %s the engine's next calls ask for floats", async ([, refuse]) => {
  const { fetch, requests } = wire((request) => (isBase64(request) ? refuse() : numbers(request)));
  const texts = Array.from({ length: 500 }, (_, index) => `${index}`);
  const slots = await new OpenAIEmbeddings({ apiKey: "key", fetch }).batch(texts);
  expect(slots).toEqual(texts.map(() => Float32Array.of(1, 2)));
  expect(asked(requests).slice(0, 2)).toEqual(["base64", "float"]);
  expect(requests.length).toBeLessThan(20);
});

test("P49 a refusal of both forms that names nothing is taken for one of base64 three times at most", async () => {
  const { fetch, requests } = wire(() => refusedWith(400, { message: "bad" }));
  const embeddings = new OpenAIEmbeddings({ apiKey: "key", fetch });
  for (let call = 0; call < 9; call++) await expect(embeddings.invoke("one")).rejects.toMatchObject({ status: 400 });
  expect(asked(requests).filter((form) => form === "float")).toHaveLength(3);
  expect(requests).toHaveLength(9);
});

test("P49 another refusal is none of base64", async () => {
  const { fetch, requests } = wire(() => refusedWith(400, { message: "dimensions is currently not supported" }));
  await expect(new OpenAIEmbeddings({ apiKey: "key", fetch }).invoke("one")).rejects.toMatchObject({ status: 400 });
  expect(asked(requests)).toEqual(["base64"]);
});

test.for(["base64", "float"] as const)(
  "P49 encoding: %s reaches the wire, and nothing else is tried",
  async (encoding) => {
    const { fetch, requests } = wire(() => refusedWith(400, { message: "encoding_format is refused" }));
    const embeddings = new OpenAIEmbeddings({ apiKey: "key", fetch, encoding });
    await expect(embeddings.invoke("one")).rejects.toMatchObject({ status: 400 });
    expect(asked(requests)).toEqual([encoding]);
  },
);

const limits = (requests: readonly SentRequest[]): unknown[] =>
  requests.map(({ body }) => [body.max_completion_tokens, body.max_tokens]);

/** Servers that know `max_tokens` alone. */
test.for<[string, () => Response]>([
  // voideditor/void#128, 1Panel-dev/MaxKB#2912 (vLLM before it knew the name)
  [
    "vLLM's",
    () =>
      Response.json(
        {
          object: "error",
          message: "[{'type': 'extra_forbidden', 'loc': ('body', 'max_completion_tokens')}]",
          type: "BadRequestError",
          param: null,
          code: 400,
        },
        { status: 400 },
      ),
  ],
  ["FastAPI's", () => Response.json({ detail: [{ loc: ["body", "max_completion_tokens"] }] }, { status: 422 })],
  ["a named", () => refusedWith(400, { param: "max_completion_tokens", code: "unsupported_parameter" })],
])("P49 %s refusal of max_completion_tokens: max_tokens from then on", async ([, refuse]) => {
  const { fetch, requests } = wire(({ body }) => ("max_completion_tokens" in body ? refuse() : completion("Hi")));
  const chat = new OpenAIChat({ model: "m", apiKey: "key", fetch, maxTokens: 9 });
  for (const prompt of ["a", "b"]) expect((await chat.invoke(prompt)).text).toBe("Hi");
  expect(limits(requests)).toEqual([
    [9, undefined],
    [undefined, 9],
    [undefined, 9],
  ]);
});

// UKGovernmentBEIS/inspect_ai#2634: the words name the parameter, and the input is too long all the same
test("P49 an input that is too long for its answer is not a parameter that is not known", async () => {
  const tooLarge = (): Response =>
    refusedWith(400, { message: "'max_tokens' or 'max_completion_tokens' is too large" });
  const { fetch, requests } = wire(({ body }) => (body.messages[0].content === "long" ? tooLarge() : completion("Hi")));
  const chat = new OpenAIChat({ model: "m", apiKey: "key", fetch, maxTokens: 9 });
  await expect(chat.invoke("long")).rejects.toMatchObject({ code: "invalid_input" });
  await chat.invoke("a");
  await expect(chat.invoke("long")).rejects.toMatchObject({ code: "invalid_input" });
  expect(limits(requests)).toEqual([
    [9, undefined],
    [undefined, 9],
    [9, undefined],
    [9, undefined],
  ]);
});

test("maxTokensParameter reaches the wire", async () => {
  const { fetch, requests } = wire(() => completion("Hi"));
  for (const maxTokensParameter of ["max_tokens", "max_completion_tokens"] as const) {
    await new OpenAIChat({ model: "m", apiKey: "key", fetch, maxTokens: 9, maxTokensParameter }).invoke("a");
  }
  expect(limits(requests)).toEqual([
    [undefined, 9],
    [9, undefined],
  ]);
});
