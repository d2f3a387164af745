import { InputError } from "@batchwise/core";
import { valueAt } from "./field-path.ts";
import type { Prompt } from "./prompt.ts";
import { fieldsOf, isObject, kindOf } from "./values.ts";

/** Input for the adapter, or the error of a record without one. */
export type Content = { readonly input: unknown } | { readonly error: Error };

/** Record that can be read. */
interface Readable {
  readonly place: string;
  readonly value: unknown;
  readonly exact?: unknown;
}

interface Choice {
  readonly kind: string;
  readonly field: string | undefined;
  readonly prompt?: Prompt | undefined;
}

/** Picks the input of a record, or makes it by a prompt. */
export function contentOf(record: Readable, choice: Choice): Content {
  const { kind, field, prompt } = choice;
  if (prompt !== undefined) return filled(record, prompt);
  const { place, value: all } = record;
  const value = field === undefined || typeof all === "string" ? all : valueAt(all, field);
  const expected = EXPECTED[kind];
  if (expected !== undefined && !expected.holds(value)) {
    const wish = field === undefined ? `be ${expected.what}` : `have ${expected.what} in the field ${field}`;
    const advice = TEXT_KINDS.has(kind) && field === undefined && isObject(value) ? ADVICE : "";
    return { error: new InputError(`Expected ${place} to ${wish}, got ${kindOf(value)}.${advice}`) };
  }
  return { input: expected?.pick?.(value) ?? value };
}

const ADVICE = " Name its field with --field, or several in --prompt.";

function filled({ place, value, exact }: Readable, prompt: Prompt): Content {
  const text = prompt.fill(fieldsOf(exact ?? value));
  if ("text" in text) return { input: text.text };
  const { missing } = text;
  const got = kindOf(valueAt(value, missing));
  return { error: new InputError(`Expected ${place} to have a value in the field ${missing}, got ${got}.`) };
}

interface Expected {
  readonly what: string;
  readonly holds: (value: unknown) => boolean;
  readonly pick?: (value: unknown) => unknown;
}

const TEXT: Expected = { what: "a text", holds: (value) => typeof value === "string" };

/** Expected inputs by the adapter's kind. Adapters of other kinds take any value. */
const EXPECTED: Readonly<Record<string, Expected>> = {
  embeddings: TEXT,
  chat: TEXT,
  rerank: {
    what: "an object with a text `query` and a list of texts `documents`",
    holds: isRerankInput,
    pick: (value) => {
      const { query, documents } = value as Record<string, unknown>;
      return { query, documents };
    },
  },
};

/** Kinds of adapters whose inputs are texts. */
export const TEXT_KINDS: ReadonlySet<string> = new Set(Object.keys(EXPECTED).filter((kind) => EXPECTED[kind] === TEXT));

function isRerankInput(value: unknown): boolean {
  if (!isObject(value) || typeof value["query"] !== "string") return false;
  const { documents } = value as { readonly documents?: unknown };
  return Array.isArray(documents) && documents.every((document) => typeof document === "string");
}
