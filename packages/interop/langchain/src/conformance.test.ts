import { bulkRunnable, ProviderError, rateLimiter, ResultError } from "@batchwise/core";
import { conformance, type ScriptedBackend } from "@batchwise/testkit";
import { RunnableLambda, type RunnableConfig } from "@langchain/core/runnables";
import { OpenAIEmbeddings } from "@langchain/openai";
import { fromLangChain, fromLangChainEmbeddings, toLangChain } from "./index.ts";

const inputs = ["one", "seven", "eleven", "a dozen", "seventeen", "twenty-one"];
/** Their callbacks take some turns of the event loop. */
const patienceMs = 20;

await conformance({
  name: "fromLangChain",
  inputs,
  answer: (text) => text.toUpperCase(),
  create: ({ backend, clock }) => {
    const theirs = new RunnableLambda({
      func: async (text: string, { signal }: RunnableConfig) => {
        const answers = await backend.call([text], { signal });
        const [answer] = answers;
        if (answers.length !== 1) throw new ResultError("Expected one answer.");
        if (answer instanceof Error) throw answer;
        return answer as string;
      },
    });
    return fromLangChain<string, string>(theirs, { limiter: rateLimiter({ clock }) });
  },
  skip: { L18: "a RunnableLambda tells no usage" },
  patienceMs,
});

await conformance({
  name: "fromLangChainEmbeddings",
  inputs,
  answer: (text) => [text.length, 0.5],
  create: ({ backend, clock }) => {
    const configuration = { fetch: serve(backend) };
    const theirs = new OpenAIEmbeddings({ apiKey: "key", model: "m", encodingFormat: "float", configuration });
    return fromLangChainEmbeddings(theirs, { limiter: rateLimiter({ clock }) });
  },
  expected: (text) => Float32Array.of(text.length, 0.5),
  skip: { L14: "a vector is never undefined", L15: "embedDocuments and embedQuery take no signal" },
  patienceMs,
});

await conformance({
  name: "fromLangChain of toLangChain",
  inputs,
  answer: (text) => text.length,
  create: ({ backend, clock }) => {
    const ours = bulkRunnable((texts: readonly string[], options) => backend.call(texts, options));
    return fromLangChain(toLangChain(ours), { limiter: rateLimiter({ clock }) });
  },
  skip: { L18: "an output that is a number carries no usage through LangChain" },
  patienceMs,
});

function serve(backend: ScriptedBackend<string, number[]>): typeof fetch {
  return async (_url, init) => {
    const { input } = JSON.parse(init?.body as string) as { input: string[] };
    try {
      const answers = await backend.callIndexed(input, { signal: init?.signal ?? undefined });
      const data = answers.map(({ index, answer }) => ({ index, embedding: answer }));
      return Response.json({ data, usage: { prompt_tokens: input.length, total_tokens: input.length } });
    } catch (error) {
      if (!ProviderError.isInstance(error)) throw error;
      return Response.json({ error: { message: error.message } }, { status: error.status ?? 500 });
    }
  };
}
