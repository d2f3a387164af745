import { ArgumentError, ProviderError, ResultError } from "@batchwise/core";
import { DIMENSIONS } from "./built-in.ts";

/** Reason for which a model cannot be used, as `providerCode` of the ProviderError. Neither gets better by trying again. */
export type ModelProblem = "model_broken" | "inference_failed";

/** The `model` option, or an installed package, leads to nothing that can be loaded. */
export function modelMissing(expected: string, cause?: unknown): ArgumentError {
  return new ArgumentError(
    `Expected ${expected}, got none. Set \`model\` to the name of a model (${Object.keys(DIMENSIONS).join(", ")}) ` +
      `or to a folder that holds an ONNX sentence-embedding model and its tokenizer.json.`,
    { cause },
  );
}

/** A file of the model is there but cannot be what it should be. */
export function modelBroken(
  file: string,
  expected: string,
  advice: string,
  cause?: unknown,
  got: string = "something else",
): ProviderError {
  return new ProviderError(`Expected ${expected} in the model's file ${file}, got ${got}. ${advice}`, {
    providerCode: "model_broken" satisfies ModelProblem,
    retryable: false,
    cause,
  });
}

/** The runtime refused one batch of texts. */
export function inferenceFailed(name: string, cause: unknown): ProviderError {
  return new ProviderError(
    `Expected vectors from the model ${name}, got a failure of the runtime, which is in \`cause\`. ` +
      `Check that the ONNX file and tokenizer.json belong to the same model.`,
    { providerCode: "inference_failed" satisfies ModelProblem, retryable: false, cause },
  );
}

/** The model gives vectors of another length than the caller relies on. */
export function wrongDimensions(name: string, expected: number, actual: number): ArgumentError {
  return new ArgumentError(
    `Expected vectors of ${expected} dimensions (option \`dimensions\`), got ${actual} from the model ${name}. ` +
      `Set \`dimensions\` to ${actual}, or choose another model.`,
  );
}

/** The network's output does not hold one vector for each text. */
export function wrongShape(name: string, expected: string, actual: readonly number[]): ResultError {
  return new ResultError(
    `Expected an output of ${expected} from the model ${name}, got ${actual.join(" x ")}. ` +
      `Export it with a batch size that may vary.`,
  );
}

/** A vector that is of no use. */
export function notFinite(name: string): ResultError {
  return new ResultError(
    `Expected finite numbers from the model ${name}, got others for this input. ` +
      `Where many inputs do, use the model in full precision.`,
  );
}

/** The Runnable was used after `close()`. */
export function closed(): ArgumentError {
  return new ArgumentError("Expected an open LocalEmbeddings, got one that was closed. Make a new one.");
}
