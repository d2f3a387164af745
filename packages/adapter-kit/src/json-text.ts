import { parseJson } from "./fields.ts";

/**
 * The JSON in a model's text: the text itself, or what is left without a block of thoughts, a code fence or half of one, or
 * words around an object or a list. Undefined where there is none, or thoughts do not end.
 */
export function jsonTextIn(text: string): string | undefined {
  const answer = withoutThoughts(text);
  if (answer === undefined) return undefined;
  return candidatesIn(answer).find((candidate) => parseJson(candidate) !== undefined);
}

const THOUGHTS = ["think", "thinking", "thought", "reasoning"];

/** Some templates of models put the opening tag into the prompt, so that only the closing one is in the answer. */
function withoutThoughts(text: string): string | undefined {
  const trimmed = text.trim();
  // A JSON text may speak of tags.
  if (parseJson(trimmed) !== undefined) return trimmed;
  for (const tag of THOUGHTS) {
    const end = trimmed.lastIndexOf(`</${tag}>`);
    if (end >= 0) return trimmed.slice(end + tag.length + 3).trim();
    if (trimmed.startsWith(`<${tag}>`)) return undefined;
  }
  return trimmed;
}

/** Nearest first. A string of the JSON may hold a fence of its own: so the outermost ones count. */
function candidatesIn(text: string): string[] {
  const first = text.indexOf(FENCE);
  const last = text.lastIndexOf(FENCE);
  const inFence = first < 0 ? [] : [between(text, first, last), between(text, first, text.length), text.slice(0, last)];
  const inWords = ["{}", "[]"].map(([open = "", close = ""]) =>
    text.slice(Math.max(0, text.indexOf(open)), text.lastIndexOf(close) + 1),
  );
  // The outer one of an object and a list begins first.
  return [text, ...inFence, ...inWords.toSorted((one, other) => other.length - one.length)].map((each) => each.trim());
}

const FENCE = "```";

function between(text: string, first: number, last: number): string {
  return text.slice(first + FENCE.length, last).replace(/^[\w-]+/, "");
}
