import type { Buffer } from "node:buffer";

import type { Pace } from "../content/pace.ts";
import type { TokenCounter } from "../content/tokens.ts";
import type { Dice } from "../dice.ts";
import type { RowFault } from "../faults/arrange-rows.ts";
import type { JobStore } from "../jobs/job-store.ts";
import type { LimitHit, LimitKind, Pool, PoolLimits } from "../limits/pool.ts";
import type { Settings } from "../options.ts";
import type { Refusal } from "./refusal.ts";

/** Endpoint. */
export interface Route {
  readonly dialect: Dialect;
  readonly method: "GET" | "POST" | "DELETE";
  /** `:name` stands for a part that varies, `:name:verb` for one that ends in `:verb`. */
  readonly path: string;
  /** Body of a POST. @default "json" */
  readonly body?: "json" | "form" | "nothing";
  /** True when it needs no key. @default false */
  readonly isPublic?: boolean;
  /** Limits that apply. @default none */
  readonly limits?: readonly LimitKind[];
  /** Name of the limits that requests share; undefined when the request is too broken to tell. */
  poolName?(call: Call): string | undefined;
  /** Reads the request. @throws Refusal when the real endpoint would refuse it */
  plan(call: Call): Promise<Plan> | Plan;
}

/** Request, as an endpoint sees it. */
export interface Call {
  readonly path: string;
  /** Variable parts of the path, decoded. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Parsed body, for a form its FormData; undefined when there is none. */
  readonly body: unknown;
  /** Origin of the emulator, for addresses in answers. */
  readonly origin: string;
  /** Files, datasets and jobs. */
  readonly store: JobStore;
  /** Milliseconds of the emulator's clock. */
  readonly now: () => number;
  /** Unique to the request, the same in every run: for ids. */
  readonly id: string;
  readonly dice: Dice;
  readonly settings: Settings;
  readonly tokens: TokenCounter;
  readonly pace: Pace;
}

/** Request that was read: its inputs, its cost and its answer. */
export interface Plan {
  /** Texts that count as inputs, each of which can be a bad one. */
  readonly inputs: readonly string[];
  readonly tokens: number;
  /** Name of an input in an error. */
  nameInput(position: number): string;
  answer(): Promise<Answer> | Answer;
}

/** Plan of a request that needs no model. */
export function withoutCost(answer: Plan["answer"]): Plan {
  return { inputs: [], tokens: 0, nameInput: String, answer };
}

/** Good answer. */
interface Answer {
  /** Whole body, or the events of a stream. */
  readonly body: string | Buffer | readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Positions of the inputs that it answers. @default all */
  readonly answered?: readonly number[];
  /** Faults of its rows. */
  readonly faults?: readonly RowFault[];
  /** True when it is lost: the work is done, but the connection is reset. */
  readonly isLost?: boolean;
}

/** Refusals and headers of a provider. */
export interface Dialect {
  readonly name: "openai" | "cohere";
  /** Header with the time that the answer took, in milliseconds. */
  readonly processingHeader: string | undefined;
  unauthorized(key: string | undefined, id: string): Refusal;
  notFound(method: string, path: string, id: string): Refusal;
  wrongMethod(method: string, path: string, id: string): Refusal;
  tooLarge(limit: number, id: string): Refusal;
  notJson(id: string): Refusal;
  notForm(id: string): Refusal;
  rateLimited(hit: LimitHit | undefined, pool: string, call: Call): Refusal;
  quotaUsedUp(id: string): Refusal;
  /** @param name the input's, if the error is to name it */
  badInput(name: string | undefined, call: Call): Refusal;
  serverError(status: 500 | 503, id: string): Refusal;
  /** Body of a refusal in the style that the quirks ask for. @default its own */
  errorBody?(refusal: Refusal, call: { readonly dice: Dice; readonly settings: Settings }): unknown;
  /** Headers of every answer, refusals included. */
  headers(
    pool: Pool | undefined,
    nowMs: number,
    call: { readonly id: string; readonly dice: Dice; readonly settings: Settings },
  ): Record<string, string>;
}

/** Limits of the options that apply to a route. */
export function limitsFor(route: Route, settings: Settings): PoolLimits {
  const { requestsPerSecond, requestsPerMinute, requestsPerDay, tokensPerMinute, inputsPerMinute } = settings.limits;
  const applies = (kind: LimitKind): boolean => route.limits?.includes(kind) ?? false;
  return {
    ...(applies("requests") ? { requestsPerSecond, requests: requestsPerMinute, requestsPerDay } : {}),
    tokens: applies("tokens") ? tokensPerMinute : undefined,
    inputs: applies("inputs") ? inputsPerMinute : undefined,
  };
}

/** Parameters of `path`; undefined when it is not one of the route's. */
export function matchPath(route: Route, path: string): Record<string, string> | undefined {
  const expected = route.path.split("/");
  const parts = path.split("/");
  if (expected.length !== parts.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, part] of expected.entries()) {
    const actual = parts[index] as string;
    const [, name, verb = ""] = /^:(\w+)(:\w+)?$/.exec(part) ?? [];
    if (name !== undefined && actual.endsWith(verb)) {
      parameters[name] = decode(actual.slice(0, actual.length - verb.length));
    } else if (part !== actual) return undefined;
  }
  return parameters;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
