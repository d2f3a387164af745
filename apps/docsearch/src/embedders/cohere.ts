import { requireKey, textOf } from "../keys.ts";
import type { ModelChoice, RemoteModel, Sources } from "./remote.ts";

/** Length of vectors by model, as in the limits of `@batchwise/cohere`, which keeps them to itself; checked 2026-11-24. */
const DIMENSIONS: Readonly<Record<string, number>> = {
  "embed-v5.0-pro": 2048,
  "embed-v5.0-fast": 2048,
  "embed-v4.0": 1536,
  "embed-english-v3.0": 1024,
  "embed-multilingual-v3.0": 1024,
  "embed-english-light-v3.0": 384,
  "embed-multilingual-light-v3.0": 384,
};

/**
 * Cohere's embeddings: CO_API_KEY, and CO_API_URL where set. Passages are embedded as documents and questions as
 * queries; the two differ.
 *
 * @throws Error without a key; ArgumentError for a choice that cannot be worked with. Nothing is sent.
 */
export async function cohereModel(choice: ModelChoice, { environment, clock }: Sources): Promise<RemoteModel> {
  const apiKey = requireKey(environment, "CO_API_KEY", "--embed cohere");
  const baseURL = textOf(environment, "CO_API_URL");
  const { model = "embed-v4.0", dimensions } = choice;
  const { CohereEmbeddings } = await import("@batchwise/cohere");
  const options = {
    apiKey,
    model,
    ...(baseURL !== undefined && { baseURL }),
    ...(clock !== undefined && { clock }),
    ...(dimensions !== undefined && { outputDimension: dimensions }),
  };
  return {
    provider: "Cohere",
    model,
    dimensions: dimensions ?? (Object.hasOwn(DIMENSIONS, model) ? DIMENSIONS[model] : undefined),
    baseURL,
    documents: new CohereEmbeddings({ ...options, inputType: "search_document" }),
    questions: new CohereEmbeddings({ ...options, inputType: "search_query" }),
  };
}
