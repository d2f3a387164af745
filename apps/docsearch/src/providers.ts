import { chooseAdapter, type Sources } from "./adapters.ts";
import type { OpenEmbedder } from "./embedder.ts";
import { adapterEmbedder } from "./embedders/adapter.ts";
import { adapterReranker } from "./reranker.ts";
import type { Surroundings } from "./run-options.ts";

/** Which adapters a run uses: `local`, another short name, or `<package>#<adapter>`. Options are JSON. */
export interface ProviderChoice {
  readonly embed: string;
  readonly embedOptions?: string | undefined;
  readonly model?: string | undefined;
  readonly dimensions?: number | undefined;
  readonly rerank?: string | undefined;
  readonly rerankOptions?: string | undefined;
  readonly rerankModel?: string | undefined;
  /** Dollars. It cannot be kept to where a price is not known. */
  readonly maxCost?: number | undefined;
}

/**
 * Gets the adapters ready. Nothing is sent yet.
 *
 * @throws Error for a missing key, an adapter that is not there, or choices that do not go together
 */
export async function chooseProviders(
  choice: ProviderChoice,
  { openLocalEmbedder, ...sources }: Sources & { readonly openLocalEmbedder: OpenEmbedder },
): Promise<Pick<Surroundings, "openEmbedder" | "reranker">> {
  const { embed, embedOptions, model, dimensions, rerank, rerankOptions, rerankModel, maxCost } = choice;
  if (embed === "local" && (embedOptions ?? model ?? dimensions) !== undefined) {
    throw new Error(
      "Expected another --embed than local with --model, --dimensions and --embed-options. " +
        "The local model has no choice; @batchwise/local#embeddings takes options.",
    );
  }
  if (rerank === undefined && (rerankOptions ?? rerankModel) !== undefined) {
    throw new Error("Expected --rerank with --rerank-model and --rerank-options, such as --rerank cohere.");
  }
  let openEmbedder = openLocalEmbedder;
  if (embed !== "local") {
    const wanted = { flag: "--embed", adapter: embed, options: embedOptions, model, dimensions } as const;
    const chosen = await chooseAdapter("embeddings", wanted, sources);
    const embedder = adapterEmbedder(chosen);
    if (maxCost !== undefined && !embedder.isPriced) throw unpriced(chosen.name);
    openEmbedder = embedder.open;
  }
  if (rerank === undefined) return { openEmbedder };
  const wanted = { flag: "--rerank", adapter: rerank, options: rerankOptions, model: rerankModel } as const;
  const reranker = await adapterReranker(await chooseAdapter("rerank", wanted, sources));
  if (maxCost !== undefined && !reranker.isPriced) throw unpriced(reranker.name);
  return { openEmbedder, reranker };
}

function unpriced(model: string): Error {
  return new Error(
    `Expected a model with a known price for --max-cost, but that of ${model} is not known here. Leave it out.`,
  );
}
