import { createOpenAI } from "@ai-sdk/openai";
import { fromEmbeddingModel, fromLanguageModel } from "@batchwise/ai-sdk";
import { CohereChat, CohereClassify, CohereEmbeddings, CohereRerank } from "@batchwise/cohere";
import { type BatchOptions, type Clock, rateLimiter, withConfig } from "@batchwise/core";
import { Fetcher } from "@batchwise/fetch";
import { fromLangChain, fromLangChainEmbeddings } from "@batchwise/langchain";
import { OpenAIChat, OpenAIEmbeddings, OpenAIModeration, OpenAIResponses } from "@batchwise/openai";
import { StringOutputParser } from "@langchain/core/output_parsers";
import { ChatOpenAI, OpenAIEmbeddings as LangChainEmbeddings } from "@langchain/openai";
import { z } from "zod";

/** Server that is called, and the time that passes. */
interface Server {
  readonly openaiBaseURL: string;
  readonly cohereBaseURL: string;
  readonly apiKey: string;
  readonly clock: Clock;
  readonly fetch: typeof globalThis.fetch;
}

/** A Runnable that calls a server. */
export interface Kind {
  /** Outcomes of a batch of texts, or of what is made of each. */
  readonly run: (server: Server, texts: readonly string[], options: BatchOptions) => Promise<readonly unknown[]>;
  /** Part of an output that is compared. @default the output itself */
  readonly read?: (output: never) => unknown;
  /** The same request for one text, made by hand. */
  readonly request: (text: string) => readonly [path: string, body: object];
  /** The part that is compared, in the answer to that request. */
  readonly right: (body: never, text: string) => unknown;
  /** Profiles and answers of servers, by name, that it cannot tell right. @default none */
  readonly without?: readonly string[];
  /** Texts of an input, as the server counts them. @default the text itself */
  readonly inputs?: (text: string) => readonly string[];
}

type ByHand = Pick<Kind, "request" | "right">;

const model = "m";
const timeoutMs = 60_000;
/** The emulator puts the prompt into the only field. */
const schema = z.object({ answer: z.string() });
const method = "jsonMode";

/** The way in which all kinds run whose inputs are texts. */
const texts =
  (
    make: (server: Server) => { batch(inputs: readonly string[], options: BatchOptions): Promise<readonly unknown[]> },
  ): Kind["run"] =>
  (server, inputs, options) =>
    make(server).batch(inputs, options);

const openai = ({ openaiBaseURL: baseURL, apiKey, clock, fetch }: Server) =>
  ({ baseURL, apiKey, clock, fetch, model, timeoutMs }) as const;
const cohere = ({ cohereBaseURL: baseURL, apiKey, clock, fetch }: Server) =>
  ({ baseURL, apiKey, clock, fetch, model, timeoutMs }) as const;
const aiSDK = ({ openaiBaseURL: baseURL, apiKey, fetch }: Server) => createOpenAI({ baseURL, apiKey, fetch });
const langChain = ({ openaiBaseURL: baseURL, apiKey, fetch }: Server) =>
  ({ apiKey, model, configuration: { baseURL, fetch } }) as const;

/** Options of adapters whose model or object has the connection; their limiter goes by the machine's clock. */
const adapted = ({ clock }: Server) => ({ timeoutMs, limiter: rateLimiter({ concurrency: 5, clock }) }) as const;

const numbers = (vector: ArrayLike<number>): readonly number[] => Array.from(Float32Array.from(vector));
const textOf = ({ text }: { readonly text: string }): string => text;
const answerOf = ({ answer }: z.infer<typeof schema>): string => answer;
const messages = (content: string): object[] => [{ role: "user", content }];

const embeddings: ByHand & Pick<Kind, "read"> = {
  read: numbers,
  request: (input) => ["/v1/embeddings", { model, input }],
  right: ({ data: [row] }: { readonly data: readonly [{ readonly embedding: number[] }] }) => numbers(row.embedding),
};
const echo = (_: never, text: string): string => `Echo: ${text}`;
const chat: ByHand = { request: (text) => ["/v1/chat/completions", { model, messages: messages(text) }], right: echo };
const responses: ByHand = { request: (input) => ["/v1/responses", { model, input }], right: echo };
// Cohere documents 498 as a refusal of the input: https://docs.cohere.com/reference/errors.
const cohereChat: ByHand & Pick<Kind, "without"> = {
  without: ["498"],
  request: (text) => ["/v2/chat", { model, messages: messages(text) }],
  right: echo,
};
const structured = (kind: ByHand): ByHand & Pick<Kind, "read"> => ({
  ...kind,
  read: answerOf,
  right: (_, text) => text,
});

const rerank: Omit<Kind, "run"> = {
  // A list is not sent in parts, so that most would be bad.
  without: ["498", "too many", "slow"],
  read: (ranked: readonly { readonly index: number; readonly score: number }[]) =>
    ranked.map(({ index, score }) => [index, score]),
  request: (text) => ["/v2/rerank", { model, ...listOf(text) }],
  right: ({ results }: { readonly results: readonly { readonly index: number; readonly relevance_score: number }[] }) =>
    results.map(({ index, relevance_score: score }) => [index, score]),
  inputs: (text) => listOf(text).documents,
};

/** Kinds of Runnables, by name. */
export const KINDS: Readonly<Record<string, Kind>> = {
  "OpenAI embeddings": { ...embeddings, run: texts((server) => new OpenAIEmbeddings(openai(server))) },
  "OpenAI chat": { ...chat, read: textOf, run: texts((server) => new OpenAIChat(openai(server))) },
  "OpenAI chat, structured": {
    ...structured(chat),
    run: texts((server) => new OpenAIChat({ ...openai(server), schema })),
  },
  "OpenAI Responses": { ...responses, read: textOf, run: texts((server) => new OpenAIResponses(openai(server))) },
  "OpenAI Responses, structured": {
    ...structured(responses),
    run: texts((server) => new OpenAIResponses({ ...openai(server), schema })),
  },
  "OpenAI moderation": {
    run: texts((server) => new OpenAIModeration(openai(server))),
    request: (input) => ["/v1/moderations", { model, input }],
    right: ({ results: [row] }: { readonly results: readonly [object] }) => row,
  },
  "Cohere embeddings": {
    without: ["498"],
    run: texts((server) => new CohereEmbeddings({ ...cohere(server), inputType: "search_document" })),
    read: numbers,
    request: (text) => ["/v2/embed", { model, texts: [text], input_type: "search_document" }],
    right: ({ embeddings: { float } }: { readonly embeddings: { readonly float: readonly [number[]] } }) =>
      numbers(float[0]),
  },
  "Cohere chat": { ...cohereChat, read: textOf, run: texts((server) => new CohereChat(cohere(server))) },
  "Cohere chat, structured": {
    ...structured(cohereChat),
    run: texts((server) => new CohereChat({ ...cohere(server), schema })),
  },
  "Cohere rerank": {
    ...rerank,
    run: (server, inputs, options) => new CohereRerank(cohere(server)).batch(inputs.map(listOf), options),
  },
  "Cohere rerank, in parts": {
    ...rerank,
    // A list is bad where any part of it is: two of five would be tried 15 times a minute each.
    without: ["498", "too many", "slow", "never"],
    run: (server, inputs, options) =>
      new CohereRerank({ ...cohere(server), maxDocuments: 2 }).batch(inputs.map(listOf), options),
  },
  "Cohere classify": {
    without: ["498"],
    run: texts((server) => new CohereClassify({ ...cohere(server), examples })),
    read: ({ label }: { readonly label: string }) => label,
    request: (text) => ["/v1/classify", { model, inputs: [text], examples }],
    right: ({ classifications: [row] }: { readonly classifications: readonly [{ readonly prediction: string }] }) =>
      row.prediction,
  },
  fetch: {
    ...chat,
    // Calls wait for their host's limits in flight, where what never ends keeps what is new off.
    without: ["never"],
    run: ({ openaiBaseURL, apiKey, clock, fetch }, inputs, options) => {
      const headers = { authorization: `Bearer ${apiKey}` };
      const requestTo = (text: string): Request =>
        new Request(`${openaiBaseURL}/chat/completions`, {
          method: "POST",
          headers,
          body: JSON.stringify({ ...chat.request(text)[1], stream: false }),
        });
      const fetcher = new Fetcher({ clock, fetch, timeoutMs, retryAnyMethod: true, retry: { outageMs: 900_000 } });
      return withConfig(fetcher, { schema: completion }).batch(inputs.map(requestTo), options);
    },
  },
  "AI SDK embeddings": {
    ...embeddings,
    run: texts((server) => fromEmbeddingModel(aiSDK(server).embedding(model), adapted(server))),
  },
  "AI SDK chat": {
    ...chat,
    read: textOf,
    run: texts((server) => fromLanguageModel(aiSDK(server).chat(model), adapted(server))),
    // Of content it knows texts alone, and it never says `stream: false`.
    without: ["mistral", "unsloth"],
  },
  "AI SDK Responses, structured": {
    ...structured(responses),
    run: texts((server) => fromLanguageModel(aiSDK(server).responses(model), { ...adapted(server), schema })),
    without: ["unsloth"],
  },
  "LangChain embeddings": {
    ...embeddings,
    run: texts((server) => fromLangChainEmbeddings(new LangChainEmbeddings(langChain(server)), adapted(server))),
  },
  "LangChain chat": {
    ...chat,
    // ChatOpenAI makes "" of a message without content.
    without: ["no content"],
    run: texts((server) =>
      fromLangChain<string, string>(new ChatOpenAI(langChain(server)).pipe(new StringOutputParser()), adapted(server)),
    ),
  },
  "LangChain chat, structured": {
    ...structured(chat),
    run: texts((server) =>
      fromLangChain<string, object>(
        new ChatOpenAI(langChain(server)).withStructuredOutput(schema, { method }),
        adapted(server),
      ),
    ),
  },
};

/** A query and one to five documents of its own. */
function listOf(query: string): { readonly query: string; readonly documents: readonly string[] } {
  const length = 1 + (Number(query.split(" ")[1]) % 5);
  return { query, documents: Array.from({ length }, (_, index) => `${query}${index}`) };
}

const examples = ["good", "bad", "neither"].flatMap((label) => ["a", "b"].map((text) => ({ text, label })));

/** The text of a completion that is whole. */
const completion = z
  .object({
    choices: z.tuple([
      z.object({
        finish_reason: z.literal("stop"),
        message: z.object({ content: z.union([z.string(), z.array(z.object({ text: z.string().default("") }))]) }),
      }),
    ]),
  })
  .transform(({ choices: [{ message }] }) => {
    const { content } = message;
    return typeof content === "string" ? content : content.map(textOf).join("");
  });
