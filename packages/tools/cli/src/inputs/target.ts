import type { Adapter } from "@batchwise/core";
import { isObject } from "./values.ts";

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

/** Input that a request asks for, or why it has none. */
export type Requested = { readonly input: unknown } | Unfit;

/** Expectation of a line that does not hold: no part of a request is dropped or changed. */
export interface Unfit {
  readonly expected: string;
  /** True where another adapter or other options would fit. */
  readonly isOption: boolean;
}

/** Paths of OpenAI's API, by the kind of an adapter. Source: https://platform.openai.com/docs/api-reference/batch, checked 2026-11-29. */
export const PATHS: Readonly<Record<string, string>> = {
  chat: "/v1/chat/completions",
  embeddings: "/v1/embeddings",
  moderation: "/v1/moderations",
};
