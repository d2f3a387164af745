import type { Adapter } from "@batchwise/core";
import { isMessages, isObject } from "./values.ts";

/** Adapter of a run, as far as its inputs depend on it. */
export interface Target {
  readonly kind: string;
  /** Inputs that it takes besides texts. */
  readonly inputs: Adapter["inputs"];
  /** Options of the run, defaults included. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** Line of OpenAI's batch format: a request of its own. Other providers leave `method` and `url` out. */
export interface BatchLine {
  readonly custom_id: string;
  readonly url?: unknown;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Name of the field that tells a request from the others, which is always kept. */
export const ID_FIELD = "custom_id";

/** Line of OpenAI's batch format, where the adapter is of a kind that it has. */
export function batchLineIn(value: unknown, { kind }: Target): BatchLine | undefined {
  if (PATHS[kind] === undefined || !isObject(value)) return undefined;
  return typeof value[ID_FIELD] === "string" && isObject(value["body"]) ? (value as unknown as BatchLine) : undefined;
}

/** Expectation of a line that does not hold: no part of a request is dropped or changed. */
interface Unfit {
  readonly expected: string;
  /** True where another adapter or other options would fit. */
  readonly isOption: boolean;
}

/**
 * Input that a request asks for: its text, its messages, or itself where the adapter takes such requests. What the run's
 * options say is left out of it.
 */
export function requestOf({ url, body }: BatchLine, target: Target): { readonly input: unknown } | Unfit {
  const { kind, inputs } = target;
  const path = inputs?.requests ?? PATHS[kind] ?? "";
  if (typeof url === "string" && !url.endsWith(path.slice("/v1".length))) {
    const expected = `be a request to ${path}, got one to another path. Use the adapter of its path.`;
    return { expected, isOption: true };
  }
  const { input, messages, stream, ...parameters } = body;
  const { own, other } = splitOf(parameters, target);
  if (stream === true) return differs("stream");
  if (other !== undefined) return differs(other);
  if (kind === "chat" && inputs?.requests !== undefined) return { input: { ...own, ...defined({ input, messages }) } };
  if (kind === "chat") {
    return isMessages(messages) && inputs?.messages === true
      ? { input: messages }
      : unfit("messages with `role` and `content`");
  }
  const [only] = Array.isArray(input) && input.length === 1 ? (input as unknown[]) : [input];
  return typeof only === "string" ? { input: only } : unfit("one text as `input`");
}

/** Names of a request's parameters that are sent as they are. */
export function ownParameters({ body }: BatchLine, target: Target): string[] {
  const { input: _, messages: __, stream: ___, ...parameters } = body;
  return target.inputs?.requests === undefined ? [] : Object.keys(splitOf(parameters, target).own);
}

/** Paths of OpenAI's API, by the kind of an adapter. Source: https://platform.openai.com/docs/api-reference/batch, checked 2026-11-29. */
const PATHS: Readonly<Record<string, string>> = {
  chat: "/v1/chat/completions",
  embeddings: "/v1/embeddings",
  moderation: "/v1/moderations",
};

/** Parameters on which no result depends. */
const IGNORED: ReadonlySet<string> = new Set(["encoding_format"]);

/** Parameters of a request that the run's options do not say, and the name of one that it cannot have. */
function splitOf(
  parameters: Readonly<Record<string, unknown>>,
  { inputs, options }: Target,
): { readonly own: object; readonly other: string | undefined } {
  const own: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(parameters)) {
    const set = optionOf(name, options);
    const isSame = set !== undefined && JSON.stringify(set) === JSON.stringify(value);
    if (isSame || IGNORED.has(name) || (name === "n" && value === 1)) continue;
    if (set !== undefined || inputs?.requests === undefined || name === "n") return { own, other: name };
    own[name] = value;
  }
  return { own, other: undefined };
}

/** Option of the run that stands for a parameter. */
function optionOf(name: string, options: Readonly<Record<string, unknown>>): unknown {
  const camel = name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  const { body } = options;
  const key = /^max_(\w+_)?tokens$/.test(name) ? "maxTokens" : camel;
  return (
    options[key] ?? (FORMATS.has(name) ? options["schema"] : undefined) ?? (isObject(body) ? body[name] : undefined)
  );
}

/** Parameters that hold the form of the answer. */
const FORMATS: ReadonlySet<string> = new Set(["response_format", "text"]);

function unfit(what: string): Unfit {
  return { expected: `have ${what} in its body, got another request.`, isOption: false };
}

function differs(name: string): Unfit {
  const advice = name === "model" ? "Give --set model with theirs" : "Give it with --set";
  return {
    expected: `ask for what the run's options say, got another \`${name}\` in its body. ${advice}, or leave it out of the lines.`,
    isOption: true,
  };
}

function defined(fields: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
