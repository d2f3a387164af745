import { ArgumentError, InputError, ProviderError, ResultError } from "@batchwise/core";

/** Why a model cannot be used, as `providerCode` of the ProviderError. Neither gets better by trying again. */
export type ModelProblem = "model_broken" | "inference_failed";

/** The `model` option, or an installed package, leads to nothing that can be loaded. */
export function modelMissing(expected: string, cause?: unknown): ArgumentError {
  return new ArgumentError(
    `Expected ${expected}, found none. Set \`model\` to a folder that holds an ONNX sentence-embedding model ` +
      `and its tokenizer.json, or leave it out for the Universal Sentence Encoder.`,
    { cause },
  );
}

/** A file of the model is there but cannot be what it should be. */
export function modelBroken(file: string, expected: string, advice: string, cause?: unknown): ProviderError {
  return new ProviderError(`The model's file ${file} cannot be used: expected ${expected}. ${advice}`, {
    providerCode: "model_broken" satisfies ModelProblem,
    retryable: false,
    cause,
  });
}

/** The runtime refused one batch of texts. */
export function inferenceFailed(name: string, cause: unknown): ProviderError {
  return new ProviderError(
    `The model ${name} failed while it computed vectors; the runtime's own error is in \`cause\`. ` +
      `Check that the ONNX file and tokenizer.json belong to the same model.`,
    { providerCode: "inference_failed" satisfies ModelProblem, retryable: false, cause },
  );
}

/** The model gives vectors of another length than the caller relies on. */
export function wrongDimensions(name: string, expected: number, actual: number): ArgumentError {
  return new ArgumentError(
    `Expected vectors of ${expected} dimensions (option \`dimensions\`), the model ${name} gives ${actual}. ` +
      `Set \`dimensions\` to ${actual}, or choose another model.`,
  );
}

/** The network's output does not hold one vector for each text. */
export function wrongShape(name: string, expected: string, actual: readonly number[]): ResultError {
  return new ResultError(
    `Expected an output of ${expected} from the model ${name}, came ${actual.join(" x ")}. ` +
      `Export it with a batch size that may vary.`,
  );
}

/** A vector that is no use to anybody. */
export function notFinite(name: string, position: number): ResultError {
  return new ResultError(
    `Expected finite numbers from the model ${name}, input ${position} of the request got others. ` +
      `Where many inputs do, use the model in full precision.`,
  );
}

/** Nothing is left of the text once it is tokenised. */
export function emptyText(position: number): InputError {
  return new InputError(
    `Expected a text with at least one token, input ${position} of the request has none. Leave empty texts out.`,
    { position },
  );
}

/** The text is longer than the model reads, and `truncate` is false. */
export function overlongText(position: number, maxTokens: number): InputError {
  return new InputError(
    `Expected at most ${maxTokens} tokens, input ${position} of the request has more. ` +
      `Split the text, or set \`truncate: true\` to embed its beginning.`,
    { position },
  );
}

/** The caller's types were not checked. */
export function notText(position: number, value: unknown): InputError {
  const kind = value === null ? "null" : typeof value;
  return new InputError(`Expected a string, input ${position} of the request is ${kind}. Pass texts only.`, {
    position,
  });
}

/** The Runnable was used after `close()`. */
export function closed(): ArgumentError {
  return new ArgumentError("Expected an open LocalEmbeddings, this one was closed. Make a new one.");
}
