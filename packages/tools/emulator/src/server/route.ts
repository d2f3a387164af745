import type { Buffer } from "node:buffer";

import type { Pace } from "../content/pace.ts";
import type { TokenCounter } from "../content/tokens.ts";
import type { Dice } from "../dice.ts";
import type { RowFault } from "../faults/arrange-rows.ts";
import type { JobStore } from "../jobs/job-store.ts";
import type { LimitHit, LimitKind, Pool, PoolLimits } from "../limits/pool.ts";
import type { Settings } from "../options.ts";
import type { Refusal } from "./refusal.ts";

/** One endpoint. */
export interface Route {
  readonly dialect: Dialect;
  readonly method: "GET" | "POST" | "DELETE";
  /** With `:name` for a part that varies; `:name:verb` for one that ends in `:verb`. */
  readonly path: string;
  /** What a POST brings. @default "json" */
  readonly body?: "json" | "form" | "nothing";
  /** Whether it can be had without a key. @default false */
  readonly isOpen?: boolean;
  /** Which limits apply. @default none of them */
  readonly limits?: readonly LimitKind[];
  /** Requests with the same name share their limits; undefined where the request is too broken to tell. */
  poolName?(call: Call): string | undefined;
  /** Reads the request. @throws Refusal where the real endpoint would refuse it */
  plan(call: Call): Promise<Plan> | Plan;
}

/** One request, as an endpoint sees it. */
export interface Call {
  readonly path: string;
  /** The parts of the path that vary, decoded. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The parsed body, for a form its FormData; undefined where there is none. */
  readonly body: unknown;
  /** Where the emulator listens, for addresses in answers. */
  readonly origin: string;
  /** The files and jobs there are. */
  readonly store: JobStore;
  /** Milliseconds of the emulator's clock. */
  readonly now: () => number;
  /** Differs for every request, the same in every run: for ids. */
  readonly id: string;
  readonly dice: Dice;
  readonly settings: Settings;
  readonly tokens: TokenCounter;
  readonly pace: Pace;
}

/** What a request asks for. */
export interface Plan {
  /** The texts that count as inputs, each of which can be poison. */
  readonly inputs: readonly string[];
  readonly tokens: number;
  /** What an error calls an input. */
  nameInput(position: number): string;
  answer(): Promise<Answer> | Answer;
}

/** What a request asks for that needs no model. */
export function plainly(answer: Plan["answer"]): Plan {
  return { inputs: [], tokens: 0, nameInput: String, answer };
}

/** A good answer. */
interface Answer {
  /** The whole body, or the events of a stream. */
  readonly body: string | Buffer | readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Positions of the inputs that it answers. @default all */
  readonly answered?: readonly number[];
  /** What went wrong with its rows. */
  readonly faults?: readonly RowFault[];
  /** Whether it is lost on its way: the work is done, the connection is reset. */
  readonly isLost?: boolean;
}

/** How a provider speaks: its refusals and headers. */
export interface Dialect {
  readonly name: "openai" | "cohere";
  /** The header that tells how long the answer took, in milliseconds. */
  readonly processingHeader: string | undefined;
  unauthorized(key: string | undefined, id: string): Refusal;
  notFound(method: string, path: string, id: string): Refusal;
  wrongMethod(method: string, path: string, id: string): Refusal;
  tooLarge(limit: number, id: string): Refusal;
  notJson(id: string): Refusal;
  notForm(id: string): Refusal;
  rateLimited(hit: LimitHit | undefined, pool: string, call: Call): Refusal;
  quotaUsedUp(id: string): Refusal;
  /** `name` is what the error calls the input; undefined where it is not to name it. */
  poisoned(name: string | undefined, call: Call): Refusal;
  serverError(status: 500 | 503, id: string): Refusal;
  /** Headers of every answer, refusals included. */
  headers(
    pool: Pool | undefined,
    nowMs: number,
    call: { readonly id: string; readonly dice: Dice; readonly settings: Settings },
  ): Record<string, string>;
}

/** The limits of the options that apply to a route. */
export function limitsFor(route: Route, settings: Settings): PoolLimits {
  const { requestsPerMinute, tokensPerMinute, inputsPerMinute } = settings.limits;
  const applies = (kind: LimitKind): boolean => route.limits?.includes(kind) ?? false;
  return {
    requests: applies("requests") ? requestsPerMinute : undefined,
    tokens: applies("tokens") ? tokensPerMinute : undefined,
    inputs: applies("inputs") ? inputsPerMinute : undefined,
  };
}

/** The parameters of `path` where it is one of the route's; undefined where it is not. */
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
