import { ArgumentError } from "@batchwise/core";
import { type BatchLine, PATHS, type Requested, type Target, type Unfit } from "./target.ts";
import { isMessages, isObject } from "./values.ts";

/** Requests of a file of OpenAI's batch format, for one adapter. */
export interface Batch {
  /** Input that a request asks for. */
  readonly requestOf: (line: BatchLine) => Requested;
  /** Names of the first request's parameters that are sent as they are. */
  readonly parameters: readonly string[];
}

/**
 * Requests of a file, of which the first one is known.
 *
 * @throws ArgumentError where the adapter or the run's options do not fit the first one
 */
export function batchOf(first: BatchLine, place: string, target: Target): Batch {
  const request = requestOf(first, target);
  if ("expected" in request && request.isOption) {
    const message = `Expected ${place} to ${request.expected} Nothing was sent.`;
    throw new ArgumentError(message);
  }
  return { requestOf: (line) => requestOf(line, target), parameters: ownParameters(first, target) };
}

/**
 * Input that a request asks for: its text, its messages, or itself where the adapter takes such requests. What the run's
 * options say is left out of it.
 */
function requestOf({ url, body }: BatchLine, target: Target): Requested {
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

function ownParameters({ body }: BatchLine, target: Target): string[] {
  const { input: _, messages: __, stream: ___, ...parameters } = body;
  return target.inputs?.requests === undefined ? [] : Object.keys(splitOf(parameters, target).own);
}

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
