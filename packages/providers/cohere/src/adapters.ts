import type { Adapter, AdapterUse, OptionSchemas, Runnable } from "@batchwise/core";
import { CohereChat, type CohereChatOptions } from "./chat.ts";
import { CohereClassify, type CohereClassifyOptions } from "./classify.ts";
import { CohereEmbeddings, type CohereEmbeddingsOptions } from "./embeddings.ts";
import {
  CLASSIFY_EXAMPLES,
  CLASSIFY_TEXTS,
  DIMENSIONS,
  EMBED_TEXTS,
  MAX_CONCURRENCY,
  RERANK_DOCUMENTS,
} from "./limits.ts";
import type { CohereOptions } from "./options.ts";
import { CohereRerank, type CohereRerankOptions } from "./rerank.ts";

const KEY = "CO_API_KEY";

const PRIORITY = {
  type: "integer",
  minimum: 0,
  maximum: 999,
  description: "From 0, the highest, to 999: what waits longer when Cohere is busy.",
  default: 0,
} as const;

/** What this package has, for programs that load it by name. */
export const adapters: readonly Adapter[] = /* @__PURE__ */ manifest();

/** A function, so that those who import one class alone get nothing of it. */
function manifest(): readonly Adapter[] {
  const embeddings: Adapter<"embeddings"> = {
    name: "embeddings",
    kind: "embeddings",
    description: "Texts to vectors with Cohere's embed; documents and queries each in their own way.",
    key: KEY,
    limits: { maxInputs: EMBED_TEXTS },
    options: { type: "object", additionalProperties: false, required: ["model"], properties: embeddingsOptions() },
    dimensions: ({ model, outputDimension }) =>
      outputDimension ?? (Object.hasOwn(DIMENSIONS, model) ? DIMENSIONS[model] : undefined),
    create: (options, use = {}) => {
      const inputType = use.purpose === "query" ? "search_query" : "search_document";
      return new CohereEmbeddings(withClock({ inputType, ...options }, use) as CohereEmbeddingsOptions);
    },
  };
  const rerank: Adapter<"rerank"> = {
    name: "rerank",
    kind: "rerank",
    description: "Puts the documents of a query into order with Cohere's rerank, lists of any length.",
    key: KEY,
    options: { type: "object", additionalProperties: false, required: ["model"], properties: rerankOptions() },
    create: (options, use): Wider => new CohereRerank(withClock(options, use) as CohereRerankOptions),
  };
  const chat: Adapter<"chat"> = {
    name: "chat",
    kind: "chat",
    description: "Answers prompts with Cohere's chat models.",
    key: KEY,
    options: { type: "object", additionalProperties: false, required: ["model"], properties: chatOptions() },
    create: (options, use): Wider => new CohereChat(withClock(options, use) as CohereChatOptions),
  };
  const classify: Adapter<"classification"> = {
    name: "classify",
    kind: "classification",
    description: "Labels texts with Cohere's classify, where an account still has a model for it.",
    key: KEY,
    limits: { maxInputs: CLASSIFY_TEXTS },
    options: { type: "object", additionalProperties: false, properties: classifyOptions() },
    create: (options, use) => new CohereClassify(withClock(options, use)),
  };
  return [embeddings, rerank, chat, classify];
}

/** What it takes and gives is more than its kind says, and a Runnable's type has to be the same in both. */
// oxlint-disable-next-line typescript/no-explicit-any -- the one type that holds both
type Wider = Runnable<any, any>;

function withClock(options: object, { clock }: AdapterUse = {}): object {
  return clock === undefined ? options : { ...options, clock };
}

/** Objects that no JSON can hold. */
type NotJson = "client" | "fetch" | "limiter" | "clock";

/** These make a value of an answer with `schema`, which no JSON can hold. */
type Structured = "schema" | "jsonSchema";

function embeddingsOptions(): OptionSchemas<CohereEmbeddingsOptions, NotJson> {
  return {
    ...commonOptions("embed-v4.0", MAX_CONCURRENCY.embed),
    inputType: {
      type: "string",
      enum: ["search_document", "search_query", "classification", "clustering"],
      description: "What the vectors are for. By default what the program asks for: documents, or queries.",
    },
    outputDimension: {
      type: "integer",
      minimum: 1,
      description: "Length of each vector, where the model lets it be chosen. The model's own by default.",
      examples: [256, 512, 1024, 1536],
    },
    truncate: {
      type: "string",
      enum: ["NONE", "START", "END"],
      description: "Which part of a text that is too long is left out; NONE makes it an error of that text.",
      default: "END",
    },
    maxTokens: {
      type: "integer",
      minimum: 1,
      description: "Tokens of a text that are read. The model's own by default.",
    },
    priority: PRIORITY,
    encoding: {
      type: "string",
      enum: ["base64", "float"],
      description: "How vectors travel. float is for servers that know nothing else.",
      default: "base64",
    },
    inputsPerMinute: {
      type: "number",
      exclusiveMinimum: 0,
      description: "Texts a minute that the key is allowed.",
      default: 2000,
    },
    jobModel: {
      type: "string",
      description: "What offline jobs call the model. batch-embed-v4 for embed-v4.0 by default, else the model's name.",
    },
  };
}

function rerankOptions(): OptionSchemas<CohereRerankOptions, NotJson> {
  return {
    ...commonOptions("rerank-v3.5", MAX_CONCURRENCY.rerank),
    topN: { type: "integer", minimum: 1, description: "How many of the best documents come back. All by default." },
    maxTokensPerDoc: {
      type: "integer",
      minimum: 1,
      description: "Tokens of a document that are read; the rest is left out.",
      default: 4096,
    },
    priority: PRIORITY,
    maxDocuments: {
      type: "integer",
      minimum: 1,
      maximum: 10_000,
      description: "Documents in one call, at most.",
      default: RERANK_DOCUMENTS,
    },
  };
}

function chatOptions(): OptionSchemas<CohereChatOptions, NotJson | Structured> {
  return {
    ...commonOptions("command-a-03-2025", MAX_CONCURRENCY.chat),
    instructions: { type: "string", description: "What the model is told before every input." },
    temperature: { type: "number", minimum: 0, description: "The model's own by default." },
    maxTokens: {
      type: "integer",
      minimum: 1,
      description: "The most tokens of an answer. The model's own by default.",
    },
    body: { type: "object", description: "Further parameters of every request, as the SDK spells them." },
    jobModel: { type: "string", description: "What offline jobs call the model. Its name by default." },
  };
}

function classifyOptions(): OptionSchemas<CohereClassifyOptions, NotJson> {
  return {
    ...commonOptions("embed-english-v3.0", MAX_CONCURRENCY.classify),
    examples: {
      type: "array",
      maxItems: CLASSIFY_EXAMPLES,
      description: "What each label looks like: at least two labels, two examples each. Not needed by a trained model.",
      items: {
        type: "object",
        required: ["text", "label"],
        properties: { text: { type: "string" }, label: { type: "string" } },
      },
    },
    truncate: {
      type: "string",
      enum: ["NONE", "START", "END"],
      description: "Which part of a text that is too long is left out; NONE makes it an error of that text.",
      default: "END",
    },
  };
}

function commonOptions(example: string, maxConcurrency: number): OptionSchemas<CohereOptions, NotJson> {
  return {
    model: { type: "string", description: "The model's name, as Cohere spells it.", examples: [example] },
    apiKey: { type: "string", writeOnly: true, description: `The key. That in ${KEY} by default.` },
    baseURL: { type: "string", description: "The API's address.", default: "https://api.cohere.com" },
    headers: { type: "object", writeOnly: true, description: "Further headers of every request." },
    tier: {
      type: "string",
      enum: ["trial", "production"],
      description: "Which of Cohere's own limits the key has.",
      default: "production",
    },
    requestsPerMinute: {
      type: "number",
      exclusiveMinimum: 0,
      description: "Calls a minute that the key is allowed, where it is not the tier's number.",
    },
    maxConcurrency: {
      type: "integer",
      minimum: 1,
      description: "Requests in flight at once, at most.",
      default: maxConcurrency,
    },
    retry: {
      type: ["object", "boolean"],
      description: "How failed calls are tried again; false for never.",
      default: { attempts: 6 },
    },
    timeoutMs: { type: "number", exclusiveMinimum: 0, description: "Milliseconds of one call.", default: 300_000 },
    price: {
      type: "object",
      description: "What the model costs, in dollars. The list price by default.",
      examples: [{ perMillionInputTokens: 0.12 }],
    },
  };
}
