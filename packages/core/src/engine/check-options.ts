import { ArgumentError } from "../errors.ts";
import type { BatchOptions, CallOptions, RunnableSettings } from "../options.ts";
import { show } from "../show.ts";

type Check = readonly [expected: string, holds: (value: unknown) => boolean];

const COUNT: Check = [
  "a whole number from 1, or Infinity",
  (value) => isNumber(value, 1) && (value === Infinity || Number.isInteger(value)),
];
const POSITIVE: Check = ["a number above 0", (value) => isNumber(value, 0) && value !== 0];
const NOT_NEGATIVE: Check = ["a number from 0", (value) => isNumber(value, 0)];
const BOOLEAN: Check = ["true or false", (value) => typeof value === "boolean"];
const FUNCTION: Check = ["a function", (value) => typeof value === "function"];
const SIGNAL: Check = ["an AbortSignal", (value) => hasMethod(value, "addEventListener") && "aborted" in value];
const SHARE: Check = ["a number from 0 to 1", (value) => isNumber(value, 0) && value <= 1];

const OPTIONS: Readonly<Record<keyof BatchOptions, Check>> = {
  signal: SIGNAL,
  report: FUNCTION,
  maxConcurrency: COUNT,
  retry: ["retry options such as { attempts: 3 }, or false", (value) => value === false || isObject(value)],
  timeoutMs: POSITIVE,
  maxWaitMs: NOT_NEGATIVE,
  request: ["request limits such as { maxInputs: 100 }", isObject],
  limiter: ["a RateLimiter, such as rateLimiter({ requestsPerMinute: 500 })", (value) => hasMethod(value, "reserve")],
  schema: ["a Standard Schema (Zod, Valibot, ArkType, ...)", isSchema],
  dedupe: [
    "true, false, or a function that returns the key of an input",
    (value) => typeof value === "boolean" || typeof value === "function",
  ],
  returnExceptions: BOOLEAN,
  drain: SIGNAL,
  maxCost: NOT_NEGATIVE,
  maxTokens: NOT_NEGATIVE,
  onProgress: FUNCTION,
  progressIntervalMs: NOT_NEGATIVE,
  onFinish: FUNCTION,
  onRetry: FUNCTION,
  onRequest: FUNCTION,
  clock: ["a Clock with now() and after()", (value) => hasMethod(value, "now") && hasMethod(value, "after")],
  random: FUNCTION,
};

const { maxConcurrency, retry, timeoutMs, maxWaitMs, request, limiter, schema, dedupe } = OPTIONS;

const SETTINGS: Readonly<Record<keyof RunnableSettings, Check>> = {
  maxConcurrency,
  retry,
  timeoutMs,
  maxWaitMs,
  request,
  limiter,
  schema,
  dedupe,
  weigh: FUNCTION,
  price: ["prices such as { perMillionInputTokens: 0.02 }", isObject],
  callOptions: ["an array of names", (value) => Array.isArray(value)],
  jobs: FUNCTION,
  lookUp: BOOLEAN,
};

const RETRY: Readonly<Record<string, Check>> = {
  attempts: COUNT,
  minDelayMs: NOT_NEGATIVE,
  maxDelayMs: NOT_NEGATIVE,
  factor: ["a number from 1", (value) => isNumber(value, 1)],
  jitter: SHARE,
  maxRetryAfterMs: NOT_NEGATIVE,
  shouldRetry: FUNCTION,
};

const REQUEST: Readonly<Record<string, Check>> = { maxInputs: COUNT, maxTokens: POSITIVE, maxBytes: POSITIVE };

/**
 * Holds every option against what it takes, and returns those that are the adapter's own.
 * Inside of another batch's call unknown names pass: the outer adapter's call options come along.
 *
 * @throws ArgumentError that names the option, what it takes and what came.
 */
export function checkOptions(options: BatchOptions, own: readonly string[] = [], nested: boolean = false): CallOptions {
  requireObject("options", options);
  const callOptions: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (Object.hasOwn(OPTIONS, name)) check(name, value, OPTIONS[name as keyof BatchOptions]);
    else if (nested || own.includes(name)) callOptions[name] = value;
    else throw unknownOption(name, [...Object.keys(OPTIONS), ...own]);
  }
  checkGroups(options);
  return callOptions;
}

/**
 * Holds a Runnable's settings against what each takes.
 *
 * @throws ArgumentError that names the setting, what it takes and what came.
 */
export function checkSettings(settings: RunnableSettings): void {
  requireObject("settings", settings);
  for (const [name, value] of Object.entries(settings)) {
    const own = Object.hasOwn(SETTINGS, name) ? SETTINGS[name as keyof RunnableSettings] : undefined;
    if (own === undefined) throw unknownOption(`settings.${name}`, Object.keys(SETTINGS));
    check(`settings.${name}`, value, own);
  }
  checkGroups(settings);
}

function checkGroups(source: RunnableSettings): void {
  if (isObject(source.retry)) checkGroup("retry", source.retry, RETRY);
  if (isObject(source.request)) checkGroup("request", source.request, REQUEST);
}

function requireObject(name: string, value: unknown): void {
  if (!isObject(value)) throw new ArgumentError(`${name}: expected an object, got ${show(value)}.`);
}

function checkGroup(group: string, values: object, checks: Readonly<Record<string, Check>>): void {
  for (const [name, value] of Object.entries(values)) {
    const own = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (own === undefined)
      throw unknownOption(
        `${group}.${name}`,
        Object.keys(checks).map((each) => `${group}.${each}`),
      );
    check(`${group}.${name}`, value, own);
  }
}

function check(name: string, value: unknown, [expected, holds]: Check): void {
  if (value !== undefined && !holds(value))
    throw new ArgumentError(`${name}: expected ${expected}, got ${show(value)}.`);
}

function unknownOption(name: string, known: readonly string[]): ArgumentError {
  const close = known.find(
    (each) => each.toLowerCase().replaceAll(/[^a-z]/g, "") === name.toLowerCase().replaceAll(/[^a-z]/g, ""),
  );
  const hint = close === undefined ? `Known options: ${known.join(", ")}.` : `Did you mean ${close}?`;
  return new ArgumentError(
    `${name}: no such option. ${hint} An adapter declares call options of its own in settings.callOptions.`,
  );
}

function isNumber(value: unknown, least: number): value is number {
  return typeof value === "number" && value >= least;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function isSchema(value: unknown): boolean {
  const standard =
    isObject(value) || typeof value === "function" ? (value as { "~standard"?: unknown })["~standard"] : undefined;
  return hasMethod(standard, "validate");
}

function hasMethod(value: unknown, name: string): value is object {
  return isObject(value) && typeof (value as Record<string, unknown>)[name] === "function";
}
