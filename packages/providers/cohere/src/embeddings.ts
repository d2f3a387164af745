import { ArgumentError, type CallOptions, type JobBackend, Runnable, type RunnableSettings } from "@batchwise/core";
import { CohereClientV2 } from "cohere-ai";
import { utf8Length } from "./bytes.ts";
import { type CohereClientLike, connect } from "./client.ts";
import type { JobKind } from "./jobs/job-kind.ts";
import { DIMENSIONS, EMBED_TEXTS } from "./limits.ts";
import {
  check,
  checkJobModel,
  checkModel,
  checkNames,
  type CohereOptions,
  defined,
  isPriority,
  isWhole,
  kindOf,
} from "./options.ts";
import { send } from "./send.ts";
import { commonSettings } from "./settings.ts";
import { forTexts, requireText } from "./texts.ts";
import { usageIn } from "./usage.ts";
import { type Rows, vectorsIn } from "./vectors.ts";

/** What vectors are for. A text's vector differs with it. */
export type CohereInputType = (typeof INPUT_TYPES)[number];

/** What happens to a text that is longer than the model reads. */
export type CohereTruncate = (typeof TRUNCATE)[number];

const INPUT_TYPES = ["search_document", "search_query", "classification", "clustering"] as const;
const TRUNCATE = ["NONE", "START", "END"] as const;

/** Options of CohereEmbeddings. */
export interface CohereEmbeddingsOptions extends CohereOptions {
  /**
   * What the vectors are for: "search_document" for what is searched, "search_query" for the questions,
   * "classification", "clustering". It has no default: vectors of the wrong kind look right and find less.
   */
  readonly inputType: CohereInputType;
  /**
   * Length of each vector, where the model lets it be chosen: 256, 512, 1024, 1536, and for v5 models 768 and 2048.
   * @default the model's own
   */
  readonly outputDimension?: number;
  /**
   * What happens to a text that is longer than the model (or `maxTokens`) reads: "END" and "START" leave that part
   * out, "NONE" makes it an error of its item.
   * @default "END"
   */
  readonly truncate?: CohereTruncate;
  /** Tokens of a text that are read. @default what the model reads: 128,000 from v4 on, 512 before */
  readonly maxTokens?: number;
  /** From 0, the highest, to 999: what waits longer when Cohere is busy. @default 0 */
  readonly priority?: number;
  /**
   * How vectors travel. "base64" takes a quarter of the bytes and a tenth of the processor's time; "float" is for
   * servers that know nothing else.
   * @default "base64"
   */
  readonly encoding?: "base64" | "float";
  /** Texts a minute that the key is allowed. @default 2_000 */
  readonly inputsPerMinute?: number;
  /** What offline jobs call the model. @default "batch-embed-v4" for "embed-v4.0", else `model` */
  readonly jobModel?: string;
}

/**
 * Turns texts into vectors with Cohere's embed, 96 texts in a request. A vector is a `Float32Array` of the model's
 * dimensions or of `outputDimension`.
 *
 * @example
 * const embeddings = new CohereEmbeddings({ model: "embed-v4.0", inputType: "search_document" });
 * const vectors = await embeddings.batch(texts);
 */
export class CohereEmbeddings extends Runnable<string, Float32Array> {
  override readonly settings: RunnableSettings<string, Float32Array>;
  readonly #client: CohereClientLike;
  readonly #request: Omit<Parameters<CohereClientLike["embed"]>[0], "texts">;
  readonly #dimensions: number | undefined;

  /** @throws ArgumentError for an option that cannot be worked with, or one that is missing. */
  constructor(options: CohereEmbeddingsOptions) {
    super();
    const { model, inputType, outputDimension, truncate = "END", maxTokens, priority, encoding = "base64" } = options;
    checkNames("CohereEmbeddings", options, OWN_OPTIONS);
    checkModel(model, "embed-v4.0");
    checkInputType(inputType);
    checkJobModel(options.jobModel);
    check("outputDimension", outputDimension, (value) => isWhole(value, 1), "a whole number from 1");
    check("truncate", truncate, (value) => TRUNCATE.some((each) => each === value), '"NONE", "START" or "END"');
    check("maxTokens", maxTokens, (value) => isWhole(value, 1), "a whole number from 1");
    check("priority", priority, isPriority, "a whole number from 0 to 999");
    check("encoding", encoding, (value) => value === "base64" || value === "float", '"base64" or "float"');
    const { client, owner } = connect<CohereClientLike>(options, CohereClientV2);
    this.#client = client;
    this.#request = defined({
      model,
      inputType,
      embeddingTypes: [encoding],
      truncate,
      outputDimension,
      maxTokens,
      priority,
    });
    this.#dimensions = outputDimension ?? (Object.hasOwn(DIMENSIONS, model) ? DIMENSIONS[model] : undefined);
    this.settings = {
      ...commonSettings("embed", "embed", owner, options),
      request: { maxInputs: EMBED_TEXTS },
      weigh: (text) => {
        requireText(text);
        return { tokens: Math.min(utf8Length(text), maxTokens ?? Infinity) };
      },
      jobs: () => this.#jobs(options),
    };
  }

  /**
   * @throws InputError for a text that is empty or no string, or that Cohere refuses with `truncate: "NONE"`
   * @throws ProviderError, TimeoutError or ResultError when no usable answer comes
   */
  override async invoke(input: string, options: CallOptions = {}): Promise<Float32Array> {
    const [vector] = await this.invokeMany([input], options);
    if (vector instanceof Error) throw vector;
    return vector!;
  }

  /** One request for up to 96 texts. Vectors are placed by position: the texts that Cohere sends back may be altered. */
  override invokeMany(
    inputs: readonly string[],
    options: CallOptions = {},
  ): Promise<readonly (Float32Array | Error)[]> {
    return forTexts(inputs, async (texts) => {
      const response = await send(
        (sdkOptions) => this.#client.embed({ ...this.#request, texts }, sdkOptions),
        options,
        ({ meta }) => usageIn(meta),
      );
      return vectorsIn(response.embeddings, texts.length, this.#dimensions);
    });
  }

  async #jobs({ jobModel, ...options }: CohereEmbeddingsOptions): Promise<JobBackend<string, Float32Array>> {
    const { batchJobs, jobConnection, jobModelOf, toWire } = await import("./jobs/index.ts");
    const { model, ...common } = this.#request;
    const kind: JobKind<string, Float32Array> = {
      type: "batch-embed-v2-input",
      model: jobModelOf(model, jobModel),
      common,
      body: (texts) => toWire({ ...common, embeddingTypes: ["float"], inputs: texts.map(contentOf) }),
      read: (body, texts) => {
        const { embeddings, meta } = body as EmbedBody;
        const { input_tokens: inputTokens } = meta?.billed_units ?? {};
        return {
          outputs: vectorsIn(embeddings, texts.length, this.#dimensions),
          usage: usageIn({ billedUnits: { inputTokens } }),
        };
      },
    };
    return batchJobs(jobConnection(this.#client, options), kind);
  }
}

/** What is read of an answer as it goes over the wire. */
interface EmbedBody {
  readonly embeddings?: Rows;
  readonly meta?: { readonly billed_units?: { readonly input_tokens?: unknown } | null } | null;
}

/** A text as batches take it. @throws InputError for what is none */
function contentOf(text: unknown): object {
  requireText(text);
  return { content: [{ type: "text", text }] };
}

const OWN_OPTIONS: readonly (keyof CohereEmbeddingsOptions)[] = [
  "inputType",
  "outputDimension",
  "truncate",
  "maxTokens",
  "priority",
  "encoding",
  "inputsPerMinute",
  "jobModel",
];

function checkInputType(inputType: unknown): void {
  if (INPUT_TYPES.some((each) => each === inputType)) return;
  throw new ArgumentError(
    `Expected \`inputType\` to be "${INPUT_TYPES.join('", "')}", came ${kindOf(inputType)}. It has no default: ` +
      `documents need "search_document" and questions "search_query", and vectors of the wrong kind look right and find less.`,
  );
}
