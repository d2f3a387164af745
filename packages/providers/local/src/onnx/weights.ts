/** One tensor of a model, row by row. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** A model's tensors by the names that their file gives them. */
export type Weights = ReadonlyMap<string, Tensor>;

/** The tensor of this name. The weights' hash was checked, so a missing one is a mistake in the name. */
export function tensorNamed(weights: Weights, name: string): Tensor {
  const tensor = weights.get(name);
  if (!tensor) throw new Error(`Expected a tensor named ${name} in the weights, got none.`);
  return tensor;
}
