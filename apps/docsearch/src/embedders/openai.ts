import { requireKey, textOf } from "../keys.ts";
import type { ModelChoice, RemoteModel, Sources } from "./remote.ts";

/**
 * Length of vectors by model.
 *
 * Source: https://developers.llamaindex.ai/typescript/framework-api-reference/variables/all_openai_embedding_models,
 * checked 2026-11-24.
 */
const DIMENSIONS: Readonly<Record<string, number>> = {
  "text-embedding-3-small": 1536,
  "text-embedding-3-large": 3072,
  "text-embedding-ada-002": 1536,
};

/**
 * OpenAI's embeddings, or those of a server that speaks its language: OPENAI_API_KEY, and OPENAI_BASE_URL where set.
 *
 * @throws Error without a key; ArgumentError for a choice that cannot be worked with. Nothing is sent.
 */
export async function openaiModel(choice: ModelChoice, { environment, clock }: Sources): Promise<RemoteModel> {
  const apiKey = requireKey(environment, "OPENAI_API_KEY", "--embed openai");
  const baseURL = textOf(environment, "OPENAI_BASE_URL");
  const { model = "text-embedding-3-small" } = choice;
  const dimensions = choice.dimensions ?? (Object.hasOwn(DIMENSIONS, model) ? DIMENSIONS[model] : undefined);
  // Asked for wherever the model lets it be chosen: then the adapter holds every vector against it.
  const isAsked = choice.dimensions !== undefined || model.startsWith("text-embedding-3-");
  // Loaded when needed: a start without a key does not wait for an SDK.
  const { OpenAIEmbeddings } = await import("@batchwise/openai");
  const embeddings = new OpenAIEmbeddings({
    apiKey,
    model,
    truncate: Object.hasOwn(DIMENSIONS, model),
    ...(baseURL !== undefined && { baseURL }),
    ...(clock !== undefined && { clock }),
    ...(isAsked && dimensions !== undefined && { dimensions }),
  });
  return {
    provider: "OpenAI",
    model,
    dimensions,
    baseURL,
    documents: embeddings,
    questions: embeddings,
  };
}
