import { resolveAdapter, type Sources } from "./adapters.ts";
import type { OpenEmbedder } from "./embedder.ts";
import { adapterEmbedder } from "./embedders/adapter.ts";
import { LOCAL_MODELS } from "./embedders/local.ts";
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
  { localEmbedder, ...sources }: Sources & { readonly localEmbedder: (model?: string) => OpenEmbedder },
): Promise<Pick<RunContext, "openEmbedder" | "reranker">> {
  const { embed, embedOptions, model, dimensions, rerank, rerankOptions, rerankModel, maxCost } = choice;
  if (embed === "local") checkLocal(choice);
  if (rerank === undefined && (rerankOptions ?? rerankModel) !== undefined) {
    throw new Error("Expected --rerank with --rerank-model and --rerank-options, got none. Add --rerank cohere.");
  }
  let openEmbedder = localEmbedder(model);
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

/** @throws Error for a choice that the embedder in this process has not */
function checkLocal({ model, dimensions, embedOptions }: ProviderChoice): void {
  if ((embedOptions ?? dimensions) !== undefined) {
    throw new Error(
      "Expected another --embed than local with --dimensions and --embed-options, got local. " +
        "@batchwise/local#embeddings takes options.",
    );
  }
  if (model === undefined || LOCAL_MODELS.includes(model)) return;
  throw new Error(
    `Expected ${LOCAL_MODELS.join(" or ")} as --model of the local embedder, got another name. ` +
      "@batchwise/local#embeddings takes the folder of any model.",
  );
}

function unpriced(model: string): Error {
  return new Error(
    `Expected a model with a known price for --max-cost, got ${model}, whose price is unknown here. Leave it out.`,
  );
}
