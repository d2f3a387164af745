import { parseJson } from "./fields.ts";

/** Values that a model's text may mean: those of `jsonTextsIn`. */
export function jsonIn(text: string): unknown[] {
  return jsonTextsIn(text).map(parseJson);
}

/**
 * JSON that a model's text may mean: all of it; else what follows its thoughts or stands in a code fence; else each JSON
 * object or array in it, without what is not JSON though it is beyond doubt, such as comments or a comma behind the last part.
 * None where the text breaks off within one, or thoughts do not end: the half of a value is not a value.
 */
export function jsonTextsIn(text: string): string[] {
  const answer = text.replace(THOUGHTS, "");
  const wholes = [text, answer, answer.replace(OPENING, "").replace(CLOSING, "")].map((each) => each.trim());
  const whole = wholes.find((each) => parseJson(each) !== undefined);
  if (whole !== undefined) return [whole];
  if (THINKING.test(answer)) return [];
  const spans = spansIn(answer)
    .map(mended)
    .filter((each) => parseJson(each) !== undefined);
  return [...new Map(spans.map((each) => [JSON.stringify(parseJson(each)), each])).values()];
}

/**
 * Thoughts of a reasoning model, in its own marks: DeepSeek's and Qwen's, Seed's, Mistral's, Kimi's, Cohere's, OpenThinker's,
 * Gemma's and MedGemma's, and those of OpenAI's open models, which some servers leave half of; or in tags that prompts ask
 * for. Some leave the opening mark out: it is in the prompt.
 */
const THOUGHTS =
  /^[\s\S]*(?:<\/(?:seed:)?(?:think|thinking|thoughts?|reasoning|analysis|reflection|scratchpad)>|\[\/THINK\]|◁\/think▷|<\|END_THINKING\|>|<\|end_of_thought\|>|<unused95>|<channel\|>|<\|channel\|>final[^{}]*<\|message\|>)|^analysis[\s\S]*assistantfinal/i;
const THINKING =
  /^\s*(?:<(?:seed:)?(?:think|thinking|thoughts?|reasoning|analysis|reflection|scratchpad)>|\[THINK\]|◁think▷|<\|START_THINKING\|>|<\|begin_of_thought\|>|<unused94>|<\|channel>)/i;
/** The ends of a code fence around everything, of which either may be missing. */
const OPENING = /^\s*```[\w-]*/;
const CLOSING = /```\s*$/;

/** The outermost objects and arrays. Brackets within strings are left out of account, and so are quotes outside of both. */
function spansIn(text: string): string[] {
  const spans: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length;) {
    const pattern = depth === 0 ? OUTSIDE : INSIDE;
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) break;
    const [token] = match;
    at = pattern.lastIndex;
    if (token === "{" || token === "[") {
      if (depth++ === 0) start = match.index;
    } else if (!token.startsWith('"') && --depth === 0) spans.push(text.slice(start, at));
  }
  return depth === 0 ? spans : [];
}

/** JSON as it is, or without what models write that is not JSON: what it means is beyond doubt. */
function mended(span: string): string {
  if (parseJson(span) !== undefined) return span;
  return span.replaceAll(FLAWS, (part) =>
    part.startsWith('"') ? part.replaceAll(IN_TEXT, written) : (PYTHONS[part] ?? ""),
  );
}

/** A character as JSON has it in a text: one that Markdown or JavaScript has behind a backslash is itself. */
function written(character: string): string {
  if (character.startsWith("\\")) return MARKED.test(character) ? character.slice(1) : character;
  return JSON.stringify(character).slice(1, -1);
}

/**
 * Texts, which stay, and what is not JSON's between them: a comma behind the last part, comments, Python's words. A comment that
 * does not end takes the rest along, so that each part of the text is looked at once.
 */
const FLAWS =
  /"[^"\\]*(?:\\.[^"\\]*)*"|,(?=(?:\s|\/\/[^\n]*|\/\*(?:(?!\*\/).)*\*\/)*[}\]])|\/\/[^\n]*|\/\*.*?(?:\*\/|$)|\b(?:None|True|False)\b/gs;
const PYTHONS: Readonly<Record<string, string>> = { None: "null", True: "true", False: "false" };
// oxlint-disable-next-line no-control-regex -- JSON has them in texts by their escapes alone
const IN_TEXT = /[\0-\x1f]|\\./gs;
const MARKED = /^\\[_*#'()[\]`~<>.!|{}+-]$/;
const OUTSIDE = /[{[]/g;
const INSIDE = /"[^"\\]*(?:\\.[^"\\]*)*"|[{[}\]]/gs;
