import { ResultError } from "@batchwise/core";
import { fieldsOf } from "./fields.ts";

/** The text of a message's content: a text, or a list of parts of which those of type "text" have some. */
export function textOf(content: unknown): string | undefined {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return undefined;
  return content.map((part) => (fieldsOf(part)?.["type"] === "text" ? String(part.text ?? "") : "")).join("");
}

/** The answer has not the shape that the endpoint's answers have. */
export function notAnswer(expected: string): ResultError {
  return new ResultError(
    `Expected ${expected} in the answer, got none. Check that the server answers as the provider does.`,
  );
}

/** The model said no. Its words may quote the input, and are left out. */
export function refused(): ResultError {
  return new ResultError("Expected an answer, got a refusal of the model's. Change the input, or leave it out.");
}

/** The provider held the answer back. */
export function filtered(): ResultError {
  return new ResultError(
    "Expected an answer, got one that the provider's content filter holds back. Change the input.",
  );
}

/** Half of a JSON text is of no use. */
export function cutShort(): ResultError {
  return new ResultError(
    "Expected a whole answer to read by the schema, got one that was cut at its longest. Raise `maxTokens`, or ask for less.",
  );
}
