import { CohereEmbeddings } from "@batchwise/cohere";
import { autoBatch, rateLimiter, type Runnable } from "@batchwise/core";
import { Fetcher } from "@batchwise/fetch";
import { OpenAIChat, OpenAIEmbeddings } from "@batchwise/openai";

/** Address of the emulator, put in by the bundler. */
declare const EMULATOR: string;

const retry = { attempts: 15 };
const openai = { apiKey: "any", baseURL: `${EMULATOR}/v1`, model: "m", retry };
const embeddings = new OpenAIEmbeddings(openai);
// Of OpenAI's own model it knows how long a text may be.
const counted = new OpenAIEmbeddings({ ...openai, model: "text-embedding-3-small" });
const small = new OpenAIEmbeddings({ ...openai, request: { maxInputs: 3 } });
const limiter = rateLimiter({ tokensPerMinute: 100 });
const limited = new OpenAIEmbeddings({ ...openai, limiter });
const gathered = autoBatch(embeddings);
const chat = new OpenAIChat(openai);
const cohere = new CohereEmbeddings({ ...openai, baseURL: EMULATOR, inputType: "search_document" });
const fetcher = new Fetcher({
  retry,
  perHost: { maxConcurrency: 3 },
  headers: { authorization: "Bearer any" },
});
let cached: Runnable<string, Float32Array> | undefined;

type Answer = (texts: readonly string[], request: Request) => Promise<readonly unknown[]>;

/** Ways to answer a request of some texts. All are built once for the isolate, but for the one that says so. */
const ways: Readonly<Record<string, Answer>> = {
  embeddings: (texts) => embeddings.batch(texts),
  "embeddings with the request's signal": (texts, { signal }) => embeddings.batch(texts, { signal }),
  "embeddings built in the handler": (texts) => new OpenAIEmbeddings(openai).batch(texts),
  "embeddings in many calls": (texts) => small.batch(texts),
  "embeddings of long texts": (texts) => counted.batch(texts),
  "embeddings within tokens a minute": (texts) => limited.batch(texts),
  "embeddings gathered": (texts) => Promise.all(texts.map((text) => gathered.invoke(text))),
  "embeddings from a cache": async (texts) => {
    // It imports modules of Node's: with `nodejs_compat` alone.
    const { withCache } = await import("@batchwise/cache");
    cached ??= withCache(embeddings, { namespace: "m", store: new Map() });
    return cached.batch(texts);
  },
  chat: async (texts) => (await chat.batch(texts)).map(({ text }) => text),
  "Cohere's embeddings": (texts) => cohere.batch(texts),
  fetch: async (texts) => {
    const models = await fetcher.batch(texts.map((text) => `${EMULATOR}/v1/models/${encodeURIComponent(text)}`));
    return models.map((model) => (model as { readonly id: string }).id);
  },
};

export default {
  async fetch(request: Request): Promise<Response> {
    const { way, texts } = (await request.json()) as { readonly way: string; readonly texts: readonly string[] };
    try {
      const answers = await (ways[way] as Answer)(texts, request);
      return Response.json(answers.map((answer) => (answer instanceof Float32Array ? Array.from(answer) : answer)));
    } catch (error) {
      const { message, cause } = error as Error;
      return new Response(`${message} ${String(cause)}`, { status: 500 });
    }
  },
};
