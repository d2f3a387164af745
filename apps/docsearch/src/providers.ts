import { resolveAdapter, type Sources } from "./adapters.ts";
import type { OpenEmbedder } from "./embedder.ts";
import { adapterEmbedder } from "./embedders/adapter.ts";
import { adapterReranker } from "./reranker.ts";
import type { RunContext } from "./run-options.ts";

/** Adapters of a run: `local`, another short name, or `<package>#<adapter>`. Options are JSON. */
export interface ProviderChoice {
  readonly embed: string;
  readonly embedOptions?: string | undefined;
  readonly model?: string | undefined;
  readonly dimensions?: number | undefined;
  readonly rerank?: string | undefined;
  readonly rerankOptions?: string | undefined;
  readonly rerankModel?: string | undefined;
  /** Dollars. It needs a known price. */
  readonly maxCost?: number | undefined;
}

/**
 * Loads the adapters. Sends nothing yet.
 *
 * @throws Error for a missing key, an unknown adapter, or choices that do not go together
 */
export async function resolveProviders(
  choice: ProviderChoice,
  { openLocalEmbedder, ...sources }: Sources & { readonly openLocalEmbedder: OpenEmbedder },
): Promise<Pick<RunContext, "openEmbedder" | "reranker">> {
  const { embed, embedOptions, model, dimensions, rerank, rerankOptions, rerankModel, maxCost } = choice;
  if (embed === "local" && (embedOptions ?? model ?? dimensions) !== undefined) {
    throw new Error(
      "Expected another --embed than local with --model, --dimensions and --embed-options, got local. " +
        "@batchwise/local#embeddings takes options.",
    );
  }
  if (rerank === undefined && (rerankOptions ?? rerankModel) !== undefined) {
    throw new Error("Expected --rerank with --rerank-model and --rerank-options, got none. Add --rerank cohere.");
  }
  let openEmbedder = openLocalEmbedder;
  if (embed !== "local") {
    const wanted = { flag: "--embed", adapter: embed, options: embedOptions, model, dimensions } as const;
    const resolved = await resolveAdapter("embeddings", wanted, sources);
    const embedder = adapterEmbedder(resolved);
    if (maxCost !== undefined && !embedder.isPriced) throw unpriced(resolved.name);
    openEmbedder = embedder.open;
  }
  if (rerank === undefined) return { openEmbedder };
  const wanted = { flag: "--rerank", adapter: rerank, options: rerankOptions, model: rerankModel } as const;
  const reranker = await adapterReranker(await resolveAdapter("rerank", wanted, sources));
  if (maxCost !== undefined && !reranker.isPriced) throw unpriced(reranker.name);
  return { openEmbedder, reranker };
}

function unpriced(model: string): Error {
  return new Error(
    `Expected a model with a known price for --max-cost, got ${model}, whose price is unknown here. Leave it out.`,
  );
}
