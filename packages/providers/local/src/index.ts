export { adapters } from "./adapters.ts";
export { LocalEmbeddings } from "./embeddings.ts";
export type { ModelProblem } from "./errors.ts";
export type { LocalEmbeddingsOptions, ModelInfo, ModelStatus } from "./options.ts";
