import { nearest } from "@batchwise/terminal";

import { isObject } from "./content/json.ts";
import { LARGEST_DAILY_LIMIT, LARGEST_LIMIT } from "./limits/leaky-bucket.ts";
import type { Behavior, EmulatorOptions, ErrorStyle, Latency } from "./options.ts";
import { PROFILE_NAMES } from "./profiles.ts";

/** Check of one value. @throws TypeError or RangeError that names it */
type Check = (value: unknown, name: string) => void;

/** `options`, once all of them are checked. @throws TypeError or RangeError */
export function checkOptions(options: EmulatorOptions): EmulatorOptions {
  object({ ...BEHAVIOR, ...SERVER })(options, "");
  return options;
}

/** Options that `reset` accepts, once all of them are checked. @throws TypeError or RangeError */
export function checkBehavior(behavior: Behavior): Behavior {
  object(BEHAVIOR)(behavior, "");
  return behavior;
}

const share = number(0, 1);
const milliseconds = number(0, 3_600_000);
const limit = whole(1, LARGEST_LIMIT);
const count = whole(0, Number.MAX_SAFE_INTEGER);

const LATENCY = object({
  baseMs: milliseconds,
  perThousandTokensMs: milliseconds,
  jitter: number(0, 10),
  distribution: word("uniform", "lognormal"),
  minMs: milliseconds,
  maxMs: milliseconds,
  slots: whole(1, 10_000),
  overload: number(0, 100),
} satisfies { readonly [Name in keyof Required<Latency>]: Check });

const ERROR_STYLES: { readonly [Name in ErrorStyle]: true } = {
  openai: true,
  azure: true,
  google: true,
  litellm: true,
  llamacpp: true,
  mistral: true,
  ollama: true,
  openrouter: true,
  tei: true,
  text: true,
  vllm: true,
};

const BEHAVIOR: { readonly [Name in keyof Required<Behavior>]: Check } = {
  profile,
  apiKey: text,
  seed: whole(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
  limits: object({
    requestsPerSecond: limit,
    requestsPerMinute: limit,
    requestsPerDay: whole(1, LARGEST_DAILY_LIMIT),
    tokensPerMinute: limit,
    inputsPerMinute: limit,
    countRefused: flag,
    fixedWindows: flag,
  }),
  fill: share,
  latency: latency,
  dimensions: whole(1, 65_536),
  tokens: word("exact", "fast"),
  countTokens: callback,
  headers: word("openai", "azure", "none"),
  quirks: object({
    encoding: word("float", "base64"),
    omitIndex: flag,
    usage: word("missing", "null", "zero"),
    errors: word(...Object.keys(ERROR_STYLES)),
    escapeBase64: flag,
    json: word("fence", "openFence", "think"),
    content: word("parts"),
    comments: flag,
    streams: flag,
  }),
  faults: object({
    serverErrorRate: share,
    htmlErrorRate: share,
    resetRate: share,
    cutBodyRate: share,
    slowBodyRate: share,
    slowBodyMs: milliseconds,
    rateLimitRate: share,
    retryAfter: word("seconds", "ms", "zeroMs", "none"),
    retryAfterMs: milliseconds,
    quotaAfterRequests: count,
    badInput: object({ marker: text, named: flag }, ["marker"]),
    answers: list(
      object(
        {
          name: text,
          rate: share,
          inputs: share,
          marker: text,
          moreThan: count,
          longerThan: count,
          field: text,
          value: text,
          path: text,
          during: span(count),
          spent: flag,
          status: whole(200, 599),
          headers: record(text),
          body: anything,
          delayMs: milliseconds,
        },
        ["name"],
      ),
    ),
    shuffleRate: share,
    missingRowRate: share,
    duplicateIndexRate: share,
    outOfRangeIndexRate: share,
    nanRate: share,
    zeroRate: share,
    wrongSizeRate: share,
  }),
  jobs: object({
    durationMs: duration,
    validationMs: milliseconds,
    enqueuedTokens: count,
    creationsPerHour: count,
    expireRate: share,
    expireAfter: share,
    lineErrorRate: share,
    missingFileMs: milliseconds,
    cancelMs: milliseconds,
    onlyErrorFile: flag,
    nulls: flag,
    fileNotFoundOnce: flag,
    lostCreateRate: share,
    rows: list(object({ row: word("cut", "missing", "null", "twice", "zero"), rate: share, marker: text }, ["row"])),
    file: word("cut", "crlf", "list", "utf16"),
    counts: word("missing", "zero", "completed"),
    omitEnd: flag,
    canceledSpelling: word("CANCELED", "CANCELLED"),
  }),
  models: list(text),
  maxBodyBytes: whole(1, 2 ** 30),
  reply: callback,
  trackInputs: flag,
};

const SERVER: { readonly [Name in keyof Omit<EmulatorOptions, keyof Behavior>]-?: Check } = {
  port: whole(0, 65_535),
  host: text,
  control: flag,
  clock: object({ now: callback, after: callback }, ["now", "after"]),
};

/** One profile, or several. */
function profile(value: unknown, name: string): void {
  if (Array.isArray(value)) return list(profileName)(value, name);
  profileName(value, name);
}

/** A server's name is no secret, unlike other texts: it is shown, and what is most like it comes first. */
function profileName(value: unknown, name: string): void {
  const isName = typeof value === "string" && /^[\w.-]{1,30}$/.test(value);
  if (!isName) return word(...PROFILE_NAMES)(value, name);
  if (PROFILE_NAMES.some((each) => each === value)) return;
  const known = new Set([...nearest(value, PROFILE_NAMES), ...PROFILE_NAMES]);
  throw new TypeError(`Expected \`${name}\` to be one of ${quoted(known)}, got "${value}".`);
}

function quoted(words: Iterable<string>): string {
  return Array.from(words, (each) => `"${each}"`).join(", ");
}

/** Duration of a job: a number, or two bounds. */
function duration(value: unknown, name: string): void {
  if (!Array.isArray(value)) return milliseconds(value, name);
  if (value.length !== 2) fail(name, "a number of milliseconds, or two", value);
  span(milliseconds)(value, name);
}

/** Two bounds, the first of which is not above the second. */
function span(bound: Check): Check {
  return (value, name) => {
    if (!Array.isArray(value) || value.length !== 2) fail(name, "two numbers of milliseconds", value);
    list(bound)(value, name);
    const [least, most] = value as [number, number];
    if (most < least) throw new RangeError(`Expected \`${name}[1]\` to be at least ${least}, got ${most}.`);
  };
}

/** A jitter above 1 would make a uniform time negative. */
function latency(value: unknown, name: string): void {
  LATENCY(value, name);
  const { jitter = 0, distribution, minMs = 0, maxMs = Infinity, slots, overload } = value as Latency;
  if (distribution !== "lognormal") share(jitter, `${name}.jitter`);
  if (maxMs < minMs) throw new RangeError(`Expected \`${name}.maxMs\` to be at least minMs (${minMs}), got ${maxMs}.`);
  if (overload !== undefined && slots === undefined) fail(`${name}.slots`, "given with `overload`", slots);
}

function object(checks: Readonly<Record<string, Check>>, required: readonly string[] = []): Check {
  return (value, name) => {
    if (!isObject(value)) fail(name === "" ? "options" : name, "an object", value);
    const path = (part: string): string => (name === "" ? part : `${name}.${part}`);
    for (const [part, each] of Object.entries(value)) {
      const check = Object.hasOwn(checks, part) ? checks[part] : undefined;
      if (check === undefined) {
        const known = Object.keys(checks).join(", ");
        throw new TypeError(`Expected only known options, got \`${path(part)}\`. Known options: ${known}.`);
      }
      if (each !== undefined) check(each, path(part));
    }
    for (const part of required) if (value[part] === undefined) fail(path(part), "given", undefined);
  };
}

function whole(least: number, most: number): Check {
  return (value, name) => {
    if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > most)
      fail(name, `a whole number from ${least} to ${most}`, value);
  };
}

function number(least: number, most: number): Check {
  return (value, name) => {
    // In this form NaN fails too.
    if (typeof value !== "number" || !(value >= least && value <= most))
      fail(name, `a number from ${least} to ${most}`, value);
  };
}

function word(...words: readonly string[]): Check {
  return (value, name) => {
    if (!words.some((each) => each === value)) fail(name, `one of ${quoted(words)}`, value);
  };
}

function text(value: unknown, name: string): void {
  if (typeof value !== "string" || value === "") fail(name, "a string that is not empty", value);
}

function list(check: Check): Check {
  return (value, name) => {
    if (!Array.isArray(value) || value.length === 0) fail(name, "a list that is not empty", value);
    for (const [index, each] of value.entries()) check(each, `${name}[${index}]`);
  };
}

function record(check: Check): Check {
  return (value, name) => {
    if (!isObject(value)) fail(name, "an object", value);
    for (const [part, each] of Object.entries(value)) check(each, `${name}.${part}`);
  };
}

function anything(): void {}

function flag(value: unknown, name: string): void {
  if (typeof value !== "boolean") fail(name, "true or false", value);
}

function callback(value: unknown, name: string): void {
  if (typeof value !== "function") fail(name, "a function", value);
}

/** Shows a number, and of other values only the type: a string may be a key. */
function fail(name: string, expected: string, value: unknown): never {
  const actual = typeof value === "number" ? String(value) : value === null ? "null" : typeof value;
  const Kind = typeof value === "number" ? RangeError : TypeError;
  throw new Kind(`Expected \`${name}\` to be ${expected}, got ${actual}.`);
}
