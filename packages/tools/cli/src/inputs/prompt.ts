import { ArgumentError } from "@batchwise/core";
import { jsonOf } from "../outputs/json.ts";
import { valueAt } from "./field-path.ts";

/** Template of an input's text: `Classify {text} for {user.name}`. */
export interface Prompt {
  /** Fields that it names. */
  readonly names: readonly string[];
  /** Advice where one of them is not there. */
  readonly advice: string;
  /** Fills in the fields of a record. @returns the text, or the name of a field that the record lacks */
  fill(record: unknown): { readonly text: string } | { readonly missing: string };
}

/**
 * Reads a template: a field's name or path stands in braces; `{{` and `}}` are braces.
 *
 * @throws ArgumentError for a brace without its other one, and for a template without a field
 */
export function promptOf(template: string): Prompt {
  const parts: Part[] = [];
  let from = 0;
  for (const { 0: mark, 1: name, index } of template.matchAll(MARK)) {
    parts.push({ text: template.slice(from, index) }, partOf(template, mark, name, index));
    from = index + mark.length;
  }
  parts.push({ text: template.slice(from) });
  const names = [...new Set(parts.flatMap((part) => ("name" in part ? [part.name] : [])))];
  if (names.length === 0) {
    throw new ArgumentError(
      "Expected --prompt to name a column in braces, got none: all inputs would be alike. Write {text} for the column text.",
    );
  }
  return { names, advice: BRACES, fill: (record) => filled(parts, record) };
}

const BRACES = "Write {{ and }} for braces that stand for themselves.";

type Part = { readonly text: string } | { readonly name: string };

const MARK = /\{\{|\}\}|\{([^{}]*)\}|[{}]/g;

function partOf(template: string, mark: string, name: string | undefined, index: number): Part {
  if (mark === "{{" || mark === "}}") return { text: mark.charAt(0) };
  if (name !== undefined && name.trim() !== "") return { name: name.trim() };
  const lines = template.slice(0, index).split("\n");
  const place = `line ${lines.length}, character ${(lines.at(-1)?.length ?? 0) + 1}`;
  throw new ArgumentError(
    `Expected a column's name between { and } in --prompt, got ${mark === "}" ? "a } without its {" : "none"} at ${place}. ${BRACES}`,
  );
}

function filled(parts: readonly Part[], record: unknown): ReturnType<Prompt["fill"]> {
  let text = "";
  for (const part of parts) {
    if ("text" in part) text += part.text;
    else {
      const value = valueAt(record, part.name);
      if (value === undefined || value === null) return { missing: part.name };
      text += textOf(value);
    }
  }
  return { text };
}

/** A text as it is, and any other value as its JSON; of what JSON writes as a text, such as a date, that. */
function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  const json = jsonOf(value);
  return json.startsWith('"') ? (JSON.parse(json) as string) : json;
}
