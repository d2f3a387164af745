import { ArgumentError } from "./errors.ts";
import { show } from "./kind-of.ts";
import { nameHint, nameMeant } from "./name-meant.ts";
import type { BatchOptions, RunnableSettings, RunOptions } from "./runnable.ts";

/** Values that an option takes: in words, and as a check. */
export type Check = readonly [expected: string, holds: (value: unknown) => boolean];
/** Checks of options by name. */
export type Checks = Readonly<Record<string, Check>>;

export const COUNT: Check = [
  "a whole number from 1, or Infinity",
  (value) => isNumber(value, 1) && (value === Infinity || Number.isInteger(value)),
];
export const POSITIVE: Check = ["a number above 0", (value) => isNumber(value, 0) && value !== 0];
export const NOT_NEGATIVE: Check = ["a number from 0", (value) => isNumber(value, 0)];
const BOOLEAN: Check = ["true or false", (value) => typeof value === "boolean"];
const FUNCTION: Check = ["a function", (value) => typeof value === "function"];
const SIGNAL: Check = ["an AbortSignal", (value) => hasMethod(value, "addEventListener") && "aborted" in value];
export const CLOCK: Check = [
  "a Clock with now() and after()",
  (value) => hasMethod(value, "now") && hasMethod(value, "after"),
];
const SHARE: Check = ["a number from 0 to 1", (value) => isNumber(value, 0) && value <= 1];

/** Options of a batch and settings of a Runnable alike. */
const RUN: Readonly<Record<keyof RunOptions, Check>> = {
  maxConcurrency: COUNT,
  retry: ["retry options such as { attempts: 3 }, or false", (value) => value === false || isObject(value)],
  timeoutMs: POSITIVE,
  maxWaitMs: NOT_NEGATIVE,
  request: ["request limits such as { maxInputs: 100 }", isObject],
  limiter: ["a RateLimiter, such as rateLimiter({ requestsPerMinute: 500 })", (value) => hasMethod(value, "reserve")],
  schema: ["a Standard Schema, such as Zod's", isSchema],
  dedupe: [
    "true, false, or a function from inputs to keys",
    (value) => typeof value === "boolean" || typeof value === "function",
  ],
};

/** Options of a batch. */
export const OPTIONS: Readonly<Record<keyof BatchOptions, Check>> = {
  ...RUN,
  signal: SIGNAL,
  report: FUNCTION,
  returnExceptions: BOOLEAN,
  drain: SIGNAL,
  maxCost: NOT_NEGATIVE,
  maxTokens: NOT_NEGATIVE,
  onProgress: FUNCTION,
  progressIntervalMs: NOT_NEGATIVE,
  onFinish: FUNCTION,
  onRetry: FUNCTION,
  onRequest: FUNCTION,
  clock: CLOCK,
  random: FUNCTION,
};

/** Settings of a Runnable. */
export const SETTINGS: Readonly<Record<keyof RunnableSettings, Check>> = {
  ...RUN,
  weigh: FUNCTION,
  price: ["prices such as { perMillionInputTokens: 0.02 }", isObject],
  callOptions: ["an array of names", Array.isArray],
  middleware: ["an array of middleware such as { call }", Array.isArray],
  jobs: FUNCTION,
  lookUp: BOOLEAN,
};

const RETRY: Checks = {
  attempts: COUNT,
  minDelayMs: NOT_NEGATIVE,
  maxDelayMs: NOT_NEGATIVE,
  factor: ["a number from 1", (value) => isNumber(value, 1)],
  jitter: SHARE,
  maxRetryAfterMs: NOT_NEGATIVE,
  outageMs: NOT_NEGATIVE,
  shouldRetry: FUNCTION,
};

const REQUEST: Checks = {
  maxInputs: COUNT,
  maxTokens: POSITIVE,
  maxBytes: POSITIVE,
  size: ['"full" or "learned"', (value) => value === "full" || value === "learned"],
};

/** Options of which each holds options of its own. */
const GROUPS: Readonly<Record<string, Checks>> = { retry: RETRY, request: REQUEST };

/**
 * Holds options against what each takes.
 *
 * @param group name that stands before an option's own in messages; none for "options"
 * @param own names of further options
 * @param isOwn takes an option that is not among `checks`; false where it is none
 * @throws ArgumentError that names the option, what it takes and what was given.
 */
export function checkAll(
  group: string,
  values: object,
  checks: Checks,
  own: readonly string[] = [],
  isOwn: (name: string, value: unknown) => boolean = () => false,
): void {
  if (!isObject(values)) throw new ArgumentError(`Expected \`${group}\` to be an object, got ${show(values)}.`);
  const path = (name: string): string => (group === "options" ? name : `${group}.${name}`);
  for (const [name, value] of Object.entries(values)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check === undefined) {
      if (!isOwn(name, value)) throw unknownOption(name, [...Object.keys(checks), ...own], path);
      continue;
    }
    const [expected, holds] = check;
    if (value !== undefined && !holds(value)) {
      throw new ArgumentError(`Expected \`${path(name)}\` to be ${expected}, got ${show(value)}.`);
    }
    const inner = GROUPS[name];
    if (inner !== undefined && isObject(value)) checkAll(name, value, inner);
  }
}

/** The options that were given: an option that is undefined is as good as left out. */
export function given<Options extends object>(options: Options): Given<Options> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Given<Options>;
}

type Given<Options> = { readonly [Name in keyof Options]: Exclude<Options[Name], undefined> };

function unknownOption(name: string, known: readonly string[], path: (name: string) => string): ArgumentError {
  const meant = nameMeant(name, known);
  const [inside] = Object.keys(GROUPS[meant ?? ""] ?? {});
  const hint = nameHint(meant && path(meant) + (inside ? `: { ${inside} }` : ""), known.map(path));
  return new ArgumentError(`Expected only known options, got \`${path(name)}\`. ${hint}`);
}

function isNumber(value: unknown, least: number): value is number {
  return typeof value === "number" && value >= least;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function isSchema(value: unknown): boolean {
  return hasMethod((value as { "~standard"?: unknown } | null)?.["~standard"], "validate");
}

function hasMethod(value: unknown, name: string): value is object {
  return isObject(value) && typeof (value as Record<string, unknown>)[name] === "function";
}
