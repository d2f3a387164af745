import { parseJson } from "./fields.ts";

/** Values that a model's text may mean: those of `jsonTextsIn`. */
export function jsonIn(text: string): unknown[] {
  return jsonTextsIn(text).map(parseJson);
}

/**
 * JSON that a model's text may mean: all of it; else what follows its thoughts or stands in a code fence; else each JSON
 * object or array in it, without a comma behind its last part and with its lines' ends in texts written as JSON has them.
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

/** Thoughts of a reasoning model. Some servers leave the opening mark out: it is in the prompt. */
const THOUGHTS = /^[\s\S]*<\/(?:think|thinking|thought|reasoning)>/i;
const THINKING = /^\s*<(?:think|thinking|thought|reasoning)>/i;
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
    part === "," ? "" : part.replaceAll(/[\n\r\t]/g, (end) => JSON.stringify(end).slice(1, -1)),
  );
}

const FLAWS = /"(?:[^"\\]|\\.)*"|,(?=\s*[}\]])/gs;
const OUTSIDE = /[{[]/g;
const INSIDE = /"(?:[^"\\]|\\.)*"|[{[}\]]/gs;
