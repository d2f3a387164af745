import type { Surroundings } from "./app.ts";
import type { EmbeddingProvider, OpenEmbedder } from "./embedder.ts";
import { cohereModel } from "./embedders/cohere.ts";
import { openaiModel } from "./embedders/openai.ts";
import { type ModelChoice, remoteEmbedder, type Sources } from "./embedders/remote.ts";
import { cohereReranker } from "./reranker.ts";

/** Which providers a run uses. */
export interface ProviderChoice extends ModelChoice {
  readonly embed: EmbeddingProvider;
  readonly rerank?: "cohere" | undefined;
  readonly rerankModel?: string | undefined;
  /** Dollars. It cannot be kept to where a price is not known. */
  readonly maxCost?: number | undefined;
}

/**
 * Gets the providers ready. Nothing is sent to them yet.
 *
 * @throws Error for a missing key, or for choices that do not go together
 */
export async function chooseProviders(
  choice: ProviderChoice,
  { openLocalEmbedder, ...sources }: Sources & { readonly openLocalEmbedder: OpenEmbedder },
): Promise<Pick<Surroundings, "openEmbedder" | "reranker">> {
  const { embed, model, dimensions, rerank, rerankModel } = choice;
  if (embed === "local" && (model ?? dimensions) !== undefined) {
    throw new Error("Expected --embed openai or cohere with --model and --dimensions. The local model has no choice.");
  }
  if (rerank === undefined && rerankModel !== undefined) {
    throw new Error("Expected --rerank cohere with --rerank-model.");
  }
  const openEmbedder = embed === "local" ? openLocalEmbedder : await openRemote(embed, choice, sources);
  const reranker = rerank === undefined ? undefined : await cohereReranker(rerankModel, sources);
  if (choice.maxCost !== undefined && reranker?.isPriced === false) throw unpriced(reranker.name);
  return { openEmbedder, reranker };
}

async function openRemote(
  embed: Exclude<EmbeddingProvider, "local">,
  choice: ProviderChoice,
  sources: Sources,
): Promise<OpenEmbedder> {
  const remote = await (embed === "openai" ? openaiModel(choice, sources) : cohereModel(choice, sources));
  if (choice.maxCost !== undefined && remote.documents.settings?.price === undefined) throw unpriced(remote.model);
  return remoteEmbedder(remote);
}

function unpriced(model: string): Error {
  return new Error(
    `Expected a model with a known price for --max-cost, but that of ${model} is not known here. Leave it out.`,
  );
}
