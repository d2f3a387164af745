import {
  BulkRunnable,
  checkOption,
  defined,
  type DefinedOptions,
  defineOptions,
  fieldsOf,
  type JobKind,
  type OptionsOf,
  requireText,
  sendRest,
  textsIn,
  VectorLength,
  vectorsIn,
  weighText,
} from "@batchwise/adapter-kit";
import { type CallOptions, type JobBackend, type RunnableSettings } from "@batchwise/core";
import { CohereClientV2 } from "cohere-ai";
import { type CohereClientLike, connect } from "./client.ts";
import { DIMENSIONS, EMBED_TEXTS } from "./limits.ts";
import {
  type CohereOptions,
  JOB_MODEL,
  modelOption,
  PRIORITY,
  settingsOf,
  sharedOptions,
  TRUNCATE,
} from "./options.ts";
import { send } from "./send.ts";
import { usageIn } from "./usage.ts";

const OWN = {
  /**
   * Use of the vectors: "search_document" for what is searched, "search_query" for the questions,
   * "classification", "clustering". It has no default: vectors of the wrong kind look right and find less.
   */
  inputType: {
    type: "string",
    enum: ["search_document", "search_query", "classification", "clustering"],
    description: "what the vectors are for",
    otherwise: "none; by name, what the program asks for: documents, or queries",
  },
  /**
   * Length of each vector, where the model lets it be chosen: 256, 512, 1024, 1536, and for v5 models 768 and 2048.
   * @default the model's own
   */
  outputDimension: {
    type: "integer",
    minimum: 1,
    description: "length of each vector, where the model lets it be chosen",
    otherwise: "the model's own",
    examples: [256, 512, 1024, 1536],
  },
  /** Tokens of a text that are read. @default what the model reads: 128,000 from v4 on, 512 before */
  maxTokens: {
    type: "integer",
    minimum: 1,
    description: "tokens of a text that are read",
    otherwise: "the model's own",
  },
  /**
   * Form in which vectors travel. "base64" takes a quarter of the bytes and a tenth of the processor's time; "float" is for
   * servers that know nothing else.
   * @default "base64"
   */
  encoding: {
    type: "string",
    enum: ["base64", "float"],
    description: 'how vectors travel; `"float"` is for servers that know nothing else',
    default: "base64",
  },
  /** Texts a minute that the key is allowed. @default 2_000 */
  inputsPerMinute: { type: "number", exclusiveMinimum: 0, description: "texts a minute", default: 2000 },
} as const;

/** Use of vectors. A text's vector differs with it. */
export type CohereInputType = (typeof OWN.inputType.enum)[number];

/** Treatment of a text that is longer than the model reads. */
export type CohereTruncate = (typeof TRUNCATE.truncate.enum)[number];

/** Options of CohereEmbeddings. */
export interface CohereEmbeddingsOptions
  extends
    OptionsOf<typeof OWN>,
    OptionsOf<typeof TRUNCATE>,
    OptionsOf<typeof PRIORITY>,
    OptionsOf<typeof JOB_MODEL>,
    CohereOptions {
  readonly inputType: CohereInputType;
}

/** Options of CohereEmbeddings, declared. */
export const EMBEDDINGS: DefinedOptions = /* @__PURE__ */ defineOptions(
  "CohereEmbeddings",
  modelOption("embed-v4.0"),
  sharedOptions("embed"),
  OWN,
  TRUNCATE,
  PRIORITY,
  JOB_MODEL,
);

/**
 * Turns texts into vectors with Cohere's embed, 96 texts in a request. A vector is a `Float32Array` of the model's
 * dimensions or of `outputDimension`.
 *
 * @example
 * const embeddings = new CohereEmbeddings({ model: "embed-v4.0", inputType: "search_document" });
 * const vectors = await embeddings.batch(texts);
 */
export class CohereEmbeddings extends BulkRunnable<string, Float32Array> {
  override readonly settings: RunnableSettings<string, Float32Array>;
  readonly #client: CohereClientLike;
  readonly #request: Omit<Parameters<CohereClientLike["embed"]>[0], "texts">;
  readonly #vectorLength: VectorLength;

  /** @throws ArgumentError for an option that cannot be worked with, or one that is missing. */
  constructor(options: CohereEmbeddingsOptions) {
    super();
    EMBEDDINGS.check(options);
    const { model, inputType, outputDimension, truncate = "END", maxTokens, priority, encoding = "base64" } = options;
    checkOption("inputType", inputType, {
      ...OWN.inputType,
      required: true,
      advice:
        'It has no default: documents need "search_document" and questions "search_query", and vectors of the wrong ' +
        "kind look right and find less.",
    });
    const { client, owner } = connect<CohereClientLike>(options, CohereClientV2);
    this.#client = client;
    const own = defined({ truncate, outputDimension, maxTokens, priority });
    this.#request = { model, inputType, embeddingTypes: [encoding], ...own };
    this.#vectorLength = new VectorLength(dimensionsOf(options));
    this.settings = {
      ...settingsOf("embed", "embed", owner, options),
      request: { maxInputs: EMBED_TEXTS },
      weigh: (text) => weighText(text, maxTokens),
      jobs: () => this.#jobs(options),
    };
  }

  /**
   * One request for up to 96 texts. Vectors are placed by position: the texts that Cohere sends back may be altered. A slot
   * has an InputError for a text that is empty or not a string.
   *
   * @throws ProviderError, TimeoutError or ResultError when no usable answer comes
   */
  override invokeMany(
    inputs: readonly string[],
    options: CallOptions = {},
  ): Promise<readonly (Float32Array | Error)[]> {
    return sendRest(textsIn(inputs), options, async (texts) => {
      const { embeddings } = await send(
        (sdkOptions) => this.#client.embed({ ...this.#request, texts }, sdkOptions),
        options,
        ({ meta }) => usageIn(meta),
      );
      return this.#vectorsIn(embeddings, texts.length);
    });
  }

  async #jobs({ jobModel, ...options }: CohereEmbeddingsOptions): Promise<JobBackend<string, Float32Array>> {
    const { batchJobs, jobModelOf, toWire } = await import("./jobs/index.ts");
    const { model, ...common } = this.#request;
    const kind: JobKind<string, Float32Array> = {
      common,
      body: (texts) => toWire({ ...common, embeddingTypes: ["float"], inputs: texts.map(contentOf) }),
      read: (answer, texts) => this.#vectorsIn((answer as EmbedBody).embeddings, texts.length),
      usage: (answer) => usageIn((answer as EmbedBody).meta),
    };
    return batchJobs(this.#client, options, { type: "batch-embed-v2-input", model: jobModelOf(model, jobModel) }, kind);
  }

  /** Vectors of the first version's list (https://docs.cohere.com/v1/reference/embed), or by type: an empty list hides none. */
  #vectorsIn(rows: Rows | readonly unknown[] | undefined, count: number): readonly (Float32Array | Error)[] {
    const { base64, float } = (fieldsOf(rows) ?? {}) as Rows;
    const lists = [Array.isArray(rows) ? rows : undefined, base64, float].filter((list) => Array.isArray(list));
    return vectorsIn(lists.find((list) => list.length > 0) ?? lists[0], count, this.#vectorLength);
  }
}

/** Length of the vectors with these options; undefined where only an answer can tell. */
export function dimensionsOf({ model, outputDimension }: CohereEmbeddingsOptions): number | undefined {
  return outputDimension ?? (Object.hasOwn(DIMENSIONS, model) ? DIMENSIONS[model] : undefined);
}

/** Rows of an answer of embed, by type, in the order of the texts. */
interface Rows {
  readonly base64?: unknown;
  readonly float?: unknown;
}

/** Part of an answer that is read, as it goes over the wire. */
interface EmbedBody {
  readonly embeddings?: Rows;
  readonly meta?: unknown;
}

/** A text as batches take it. @throws InputError for what is not a text */
function contentOf(text: unknown): object {
  requireText(text);
  return { content: [{ type: "text", text }] };
}
