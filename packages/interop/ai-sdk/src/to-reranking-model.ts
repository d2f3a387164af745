import type { RerankingModelV4, RerankingModelV4CallOptions, SharedV4Warning } from "@ai-sdk/provider";
import {
  type BatchOptions,
  invokeThroughBatch,
  type RerankInput,
  type RerankScore,
  type Runnable,
} from "@batchwise/core";
import { identify, type ModelNames, optionsFor, unsupportedHeaders } from "./call-options.ts";

/** Options of `toRerankingModel`: how each call runs, and what the model is called. */
export interface ToRerankingModelOptions<Ranking extends readonly RerankScore[] = RerankScore[]>
  extends ModelNames, Omit<BatchOptions<RerankInput, Ranking>, "returnExceptions"> {}

/**
 * A Runnable that ranks documents as a reranking model of the AI SDK, for `rerank`. Documents that are objects are ranked
 * by their JSON.
 *
 * @throws ArgumentError where `ours` is not a Runnable
 *
 * @example
 * const model = toRerankingModel(new CohereRerank({ model: "rerank-v3.5" }));
 * const { ranking } = await rerank({ model, query, documents, topN: 3 });
 */
export function toRerankingModel<Ranking extends readonly RerankScore[]>(
  ours: Runnable<RerankInput, Ranking>,
  options: ToRerankingModelOptions<Ranking> = {},
): RerankingModelV4 {
  const { provider, modelId, common } = identify(ours, options);
  return {
    specificationVersion: "v4",
    provider,
    modelId,
    async doRerank({ documents, query, topN, abortSignal, headers, providerOptions }) {
      const { texts, warnings } = textsOf(documents);
      const callOptions = optionsFor(common, abortSignal, providerOptions?.[provider]);
      const ranking = await invokeThroughBatch(ours, { query, documents: texts }, callOptions);
      return {
        ranking: ranking
          .toSorted((left, right) => right.score - left.score)
          .slice(0, topN)
          .map(({ index, score }) => ({ index, relevanceScore: score })),
        warnings: [...unsupportedHeaders(headers), ...warnings],
      };
    },
  };
}

function textsOf({ type, values }: RerankingModelV4CallOptions["documents"]): {
  readonly texts: string[];
  readonly warnings: SharedV4Warning[];
} {
  if (type === "text") return { texts: values, warnings: [] };
  return {
    texts: values.map((value) => JSON.stringify(value)),
    warnings: [{ type: "compatibility", feature: "object documents", details: "Objects are ranked by their JSON." }],
  };
}
