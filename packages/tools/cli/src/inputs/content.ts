import { InputError } from "@batchwise/core";
import { valueAt } from "./field-path.ts";
import type { Prompt } from "./prompt.ts";
import { type BatchLine, batchLineIn, type Requested, type Target } from "./target.ts";
import { fieldsOf, isMessages, isObject, kindOf } from "./values.ts";

/** Input for the adapter, or the error of a record without one. */
export type Content = { readonly input: unknown } | { readonly error: Error };

/** Record that can be read. */
interface Readable {
  readonly place: string;
  readonly value: unknown;
  readonly exact?: unknown;
}

interface Choice {
  readonly target: Target;
  readonly field: string | undefined;
  readonly prompt?: Prompt | undefined;
  /** True where a field that is null may not have been there: an object of Parquet or Arrow has all fields of its type. */
  readonly isTyped?: boolean | undefined;
  /** Input of a line, where records are those of OpenAI's batch format. */
  readonly requestOf?: ((line: BatchLine) => Requested) | undefined;
}

/** Picks the input of a record, or makes it by a prompt. */
export function contentOf(record: Readable, choice: Choice): Content {
  const { target, field, prompt, requestOf, isTyped } = choice;
  if (prompt !== undefined) return filled(record, prompt);
  const { place, value: all } = record;
  const line = requestOf === undefined ? undefined : batchLineIn(all, target);
  if (requestOf !== undefined && line !== undefined) {
    const request = requestOf(line);
    if ("input" in request) return request;
    const message = `Expected ${place} to ${request.expected}`;
    return { error: new InputError(message) };
  }
  const value = field === undefined || typeof all === "string" ? all : valueAt(all, field);
  if (field !== undefined && takesMessages(target) && isOfMessages(value, field)) {
    const list = messagesIn(parsed(value));
    const message = `Expected ${place} to have messages as JSON in the field ${field}, got another text. Python's json.dumps writes it, str does not.`;
    return list === undefined ? { error: new InputError(message) } : { input: list };
  }
  const expected = expectedOf(target);
  if (expected !== undefined && !expected.holds(value)) {
    const wish = field === undefined ? `be ${expected.what}` : `have ${expected.what} in the field ${field}`;
    const advice = TEXT_KINDS.has(target.kind) && field === undefined && isObject(value) ? ADVICE : "";
    return { error: new InputError(`Expected ${place} to ${wish}, got ${kindOf(value)}.${advice}`) };
  }
  if (value === undefined) {
    return { error: new InputError(`Expected ${place} to have a value in the field ${field}, got nothing.`) };
  }
  const input = expected?.pick?.(value) ?? value;
  return { input: isTyped === true && isMessages(input) ? withoutNulls(input) : input };
}

/** Value without the fields of its objects that are null. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  const there = Object.entries(value).filter(([, each]) => each !== null);
  return Object.fromEntries(there.map(([name, each]) => [name, withoutNulls(each)]));
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

function expectedOf(target: Target): Expected | undefined {
  return takesMessages(target) ? MESSAGES : EXPECTED[target.kind];
}

/** True for an adapter of conversations. */
export function takesMessages({ kind, inputs }: Target): boolean {
  return kind === "chat" && inputs?.messages === true;
}

/** Name of the field of a record that holds messages. */
export const MESSAGES_FIELD = "messages";

const MESSAGES: Expected = {
  what: "a text, or messages with `role` and `content`",
  holds: (value) => typeof value === "string" || messagesIn(value) !== undefined,
  pick: messagesIn,
};

/** Messages that are a list, or the field `messages` of an object, which may be the list's JSON. */
function messagesIn(value: unknown): readonly object[] | undefined {
  const field = isObject(value) ? value[MESSAGES_FIELD] : value;
  const list = isObject(value) && isOfMessages(field, MESSAGES_FIELD) ? parsed(field) : field;
  return isMessages(list) ? list : undefined;
}

/**
 * True for a text that tables have for messages: one that begins as a list of objects in a field of that name, or as an
 * object of nothing but messages in any field.
 */
function isOfMessages(value: unknown, field: string): value is string {
  if (typeof value !== "string") return false;
  if (field.split(".").at(-1) === MESSAGES_FIELD && /^\s*\[\s*\{/.test(value)) return true;
  if (!/^\s*\{\s*"messages"\s*:/.test(value)) return false;
  const all = parsed(value);
  return isObject(all) && Object.keys(all).length === 1 && messagesIn(all) !== undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
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
