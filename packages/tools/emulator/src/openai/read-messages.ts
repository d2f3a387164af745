import { textOf } from "../content/chat.ts";
import { isObject } from "../content/json.ts";
import { invalid, missing } from "./errors.ts";

/** Conversation as texts. */
export interface Conversation {
  readonly texts: readonly string[];
  /** Last message of the user, and its position. */
  readonly prompt: string;
  readonly promptPosition: number;
}

const ROLES: ReadonlySet<unknown> = new Set(["system", "developer", "user", "assistant", "tool", "function"]);

/** Messages of a request. @throws Refusal when they are invalid */
export function readMessages(value: unknown, param: string): Conversation {
  if (value === undefined || value === null) throw missing(param);
  if (!Array.isArray(value)) throw invalid(`Invalid type for '${param}': expected an array.`, param, "invalid_type");
  if (value.length === 0) {
    throw invalid(
      `Invalid '${param}': empty array. Expected an array with minimum length 1, but got an empty array instead.`,
      param,
      "empty_array",
    );
  }
  let prompt = "";
  let promptPosition = value.length - 1;
  const texts = value.map((message: unknown, position) => {
    const { role, content } = isObject(message) ? message : {};
    if (!ROLES.has(role)) throw invalidPart(`${param}[${position}].role`, "one of the known roles");
    // A tool call of the assistant and its result are not text.
    const text = textOf(content) ?? (role === "assistant" || role === "tool" ? JSON.stringify(message) : undefined);
    if (text === undefined) throw invalidPart(`${param}[${position}].content`, "a string or an array of parts");
    if (role === "user") {
      prompt = text;
      promptPosition = position;
    }
    return text;
  });
  return { texts, prompt, promptPosition };
}

function invalidPart(param: string, expected: string): Error {
  return invalid(`Invalid value for '${param}': expected ${expected}.`, param, "invalid_value");
}
