import { InputError, ResultError } from "@batchwise/core";

/** The input is nothing that can be sent. */
export function notPrompt(expected: string): InputError {
  return new InputError(`Expected ${expected}, came something else. Pass one of these.`, { position: 0 });
}

/** The answer has not the shape that the endpoint's answers have. */
export function notAnswer(expected: string): ResultError {
  return new ResultError(
    `Expected ${expected} in the answer, came none. Check that the server behind \`baseURL\` answers as OpenAI's does.`,
  );
}

/** The model said no. Its words may quote the input, and are left out. */
export function refused(): ResultError {
  return new ResultError("Expected an answer, the model refused to give one. Change the input, or leave it out.");
}

/** The provider held the answer back. */
export function filtered(): ResultError {
  return new ResultError("Expected an answer, the provider's content filter held it back. Change the input.");
}

/** Half of a JSON text is of no use. */
export function cutShort(): ResultError {
  return new ResultError(
    "Expected a whole answer to read by the schema, it was cut at its longest. Raise `maxTokens`, or ask for less.",
  );
}
