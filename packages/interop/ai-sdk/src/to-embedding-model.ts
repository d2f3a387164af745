import type { EmbeddingModelV4, SharedV4Warning } from "@ai-sdk/provider";
import { type BatchOptions, invokeThroughBatch, type Runnable } from "@batchwise/core";
import { identify, type ModelNames, optionsFor, unsupportedHeaders } from "./call-options.ts";

/** Options of `toEmbeddingModel`: how each batch runs, and what the model is called. */
export interface ToEmbeddingModelOptions<Vector extends ArrayLike<number> = Float32Array>
  extends ModelNames, Omit<BatchOptions<string, Vector>, "returnExceptions"> {}

/**
 * A Runnable that makes vectors as an embedding model of the AI SDK, for `embed` and `embedMany`. It takes any number of
 * values in one call: the engine splits them, retries, and keeps to the limits. `providerOptions.batchwise` holds options
 * of `batch` for one call, such as `{ maxConcurrency: 3 }`.
 *
 * @throws ArgumentError where `ours` is not a Runnable
 *
 * @example
 * const { embeddings } = await embedMany({ model: toEmbeddingModel(new OpenAIEmbeddings()), values });
 */
export function toEmbeddingModel<Vector extends ArrayLike<number>>(
  ours: Runnable<string, Vector>,
  options: ToEmbeddingModelOptions<Vector> = {},
): EmbeddingModelV4 {
  const { provider, modelId, common } = identify(ours, options);
  return {
    specificationVersion: "v4",
    provider,
    modelId,
    maxEmbeddingsPerCall: Number.POSITIVE_INFINITY,
    supportsParallelCalls: true,
    async doEmbed({ values, dimensions, abortSignal, headers, providerOptions }) {
      let tokens = 0;
      const batchOptions: BatchOptions<string, Vector> = {
        ...optionsFor(common, abortSignal, providerOptions?.[provider]),
        onFinish(report) {
          tokens = report.usage.inputTokens;
          common.onFinish?.(report);
        },
      };
      const [value, another] = values;
      const vectors =
        value === undefined || another !== undefined
          ? await ours.batch(values, { ...batchOptions, returnExceptions: false })
          : [await invokeThroughBatch(ours, value, batchOptions)];
      return {
        embeddings: vectors.map((vector) => Array.from(vector)),
        // Where nothing was reported, nothing is known: their own total is NaN then.
        ...(tokens > 0 ? { usage: { tokens } } : {}),
        warnings: [...unsupportedHeaders(headers), ...otherDimensions(dimensions, vectors[0]?.length)],
      };
    },
  };
}

function otherDimensions(asked: number | undefined, came: number | undefined): SharedV4Warning[] {
  if (asked === undefined || came === undefined || asked === came) return [];
  const details = `The Runnable makes vectors of length ${came}, whatever is asked for. Make one for ${asked}.`;
  return [{ type: "unsupported", feature: "dimensions", details }];
}
