/** Length of the vectors of each model that comes from an npm package, by its name. */
export const DIMENSIONS = {
  "universal-sentence-encoder-lite": 512,
  "all-MiniLM-L6-v2": 384,
  "all-MiniLM-L6-v2-fp32": 384,
} as const;

/** Name of a model that comes from an npm package. */
export type ModelName = keyof typeof DIMENSIONS;

export const DEFAULT_MODEL: ModelName = "universal-sentence-encoder-lite";

/** Tells a model's name from the path of a folder. */
export function isBuiltIn(model: string): model is ModelName {
  return Object.hasOwn(DIMENSIONS, model);
}
