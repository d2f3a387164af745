import type { Adapter, AdapterUse, OptionSchemas, Runnable } from "@batchwise/core";
import { OpenAIChat, type OpenAIChatOptions } from "./chat.ts";
import type { ConnectionOptions } from "./client.ts";
import { OpenAIEmbeddings, type OpenAIEmbeddingsOptions } from "./embeddings.ts";
import type { GenerationOptions } from "./generation.ts";
import { EMBEDDING_MODELS, EMBEDDINGS_REQUEST, MODERATION_REQUEST } from "./limits.ts";
import { OpenAIModeration, type OpenAIModerationOptions } from "./moderation.ts";
import type { PaceOptions } from "./options.ts";
import { OpenAIResponses, type OpenAIResponsesOptions } from "./responses.ts";

const KEY = "OPENAI_API_KEY";
const EMBEDDING_MODEL = "text-embedding-3-small";

const REQUEST = {
  type: "object",
  description: "What one request holds, for a server that takes less, or more.",
  properties: {
    maxInputs: { type: "integer", minimum: 1 },
    maxTokens: { type: "integer", minimum: 1 },
    maxBytes: { type: "integer", minimum: 1 },
  },
} as const;

/** What this package has, for programs that load it by name. */
export const adapters: readonly Adapter[] = /* @__PURE__ */ manifest();

/** A function, so that those who import one class alone get nothing of it. */
function manifest(): readonly Adapter[] {
  const embeddings: Adapter<"embeddings"> = {
    name: "embeddings",
    kind: "embeddings",
    description: "Texts to vectors with OpenAI's models, or those of any server that speaks its language.",
    key: KEY,
    limits: EMBEDDINGS_REQUEST,
    options: { type: "object", additionalProperties: false, properties: embeddingsOptions() },
    dimensions: ({ model = EMBEDDING_MODEL, dimensions }) => dimensions ?? (EMBEDDING_MODELS.get(model) || undefined),
    create: (options, use) => new OpenAIEmbeddings(withClock(options, use)),
  };
  const moderation: Adapter<"moderation"> = {
    name: "moderation",
    kind: "moderation",
    description: "Says of texts whether they may do harm: OpenAI's `Moderation` of each.",
    key: KEY,
    limits: MODERATION_REQUEST,
    options: { type: "object", additionalProperties: false, properties: moderationOptions() },
    create: (options, use) => new OpenAIModeration(withClock(options, use)),
  };
  const chat: Adapter<"chat"> = {
    name: "chat",
    kind: "chat",
    description: "Answers prompts through chat completions.",
    key: KEY,
    options: { type: "object", additionalProperties: false, required: ["model"], properties: chatOptions() },
    create: (options, use): Wider => new OpenAIChat(withClock(options, use) as OpenAIChatOptions),
  };
  const responses: Adapter<"chat"> = {
    name: "responses",
    kind: "chat",
    description: "Answers prompts through the Responses API.",
    key: KEY,
    options: { type: "object", additionalProperties: false, required: ["model"], properties: responsesOptions() },
    create: (options, use): Wider => new OpenAIResponses(withClock(options, use) as OpenAIResponsesOptions),
  };
  return [embeddings, moderation, chat, responses];
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
type Structured = "schema" | "jsonSchema" | "schemaName";

function embeddingsOptions(): OptionSchemas<OpenAIEmbeddingsOptions, NotJson> {
  return {
    model: { type: "string", description: "The model's name.", default: EMBEDDING_MODEL },
    dimensions: {
      type: "integer",
      minimum: 1,
      description: "Length of each vector, for models that can shorten theirs. The model's own by default.",
    },
    user: { type: "string", description: "An id of your end user, which helps the provider find abuse." },
    truncate: {
      type: "boolean",
      description: "Embeds the beginning of a text that is too long, instead of an error for that text.",
      default: false,
    },
    maxInputTokens: {
      type: "integer",
      minimum: 1,
      description: "Tokens of one text, counted by cl100k_base. 8,192 for OpenAI's own models.",
    },
    request: { ...REQUEST, default: EMBEDDINGS_REQUEST },
    ...connectionOptions(),
    ...paceOptions(64),
  };
}

function moderationOptions(): OptionSchemas<OpenAIModerationOptions, NotJson> {
  return {
    model: { type: "string", description: "The model's name.", default: "omni-moderation-latest" },
    request: { ...REQUEST, default: MODERATION_REQUEST },
    ...connectionOptions(),
    ...paceOptions(64),
  };
}

function chatOptions(): OptionSchemas<OpenAIChatOptions, NotJson | Structured> {
  return generationOptions();
}

function responsesOptions(): OptionSchemas<OpenAIResponsesOptions, NotJson | Structured> {
  return generationOptions();
}

function generationOptions(): OptionSchemas<GenerationOptions<unknown> & { body?: object }, NotJson | Structured> {
  return {
    model: {
      type: "string",
      description: "The model's name. It decides what an answer costs.",
      examples: ["gpt-6-luna"],
    },
    instructions: { type: "string", description: "What the model is told before every input." },
    temperature: { type: "number", minimum: 0, maximum: 2, description: "The model's own by default." },
    maxTokens: {
      type: "integer",
      minimum: 1,
      description: "The most tokens of an answer, those that the model thinks with included.",
    },
    body: { type: "object", description: "Further parameters of every request, as the API spells them." },
    ...connectionOptions(),
    ...paceOptions(256),
  };
}

function connectionOptions(): OptionSchemas<ConnectionOptions, "client" | "fetch"> {
  return {
    apiKey: { type: "string", writeOnly: true, description: `The API key. That in ${KEY} by default.` },
    baseURL: {
      type: "string",
      description: "The API's address, /v1 included. That in OPENAI_BASE_URL by default, else OpenAI's own.",
      default: "https://api.openai.com/v1",
    },
    organization: { type: "string", description: "Whose account is charged. OPENAI_ORG_ID by default." },
    project: { type: "string", description: "Whose account is charged. OPENAI_PROJECT_ID by default." },
    defaultHeaders: { type: "object", writeOnly: true, description: "Headers of every request; null leaves one out." },
    defaultQuery: { type: "object", writeOnly: true, description: "Query parameters of every request." },
    timeoutMs: { type: "number", exclusiveMinimum: 0, description: "Milliseconds of one call.", default: 600_000 },
  };
}

function paceOptions(maxConcurrency: number): OptionSchemas<PaceOptions, "limiter" | "clock"> {
  const limit = { type: "number", exclusiveMinimum: 0 } as const;
  return {
    requestsPerMinute: { ...limit, description: "Calls a minute. Unlimited until a response tells." },
    tokensPerMinute: { ...limit, description: "Tokens a minute. Unlimited until a response tells." },
    maxConcurrency: {
      type: "integer",
      minimum: 1,
      description: "The most calls in flight at once; 5 until a response tells the limits.",
      default: maxConcurrency,
    },
    retry: {
      type: ["object", "boolean"],
      description: "How failed calls are tried again; false for never.",
      default: { attempts: 6 },
    },
    price: {
      type: "object",
      description: "What the provider charges, in dollars. The model's list price by default.",
      examples: [{ perMillionInputTokens: 0.02, perMillionOutputTokens: 0 }],
    },
  };
}
