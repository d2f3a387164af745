import { ArgumentError, type Clock, type RateLimiter, type RetryOptions } from "@batchwise/core";
import type { CohereClientOptions } from "./client.ts";
import type { CohereTier } from "./limits.ts";
import type { CoherePrice } from "./prices.ts";

/** Options that every Runnable of this package takes. */
export interface CohereOptions extends CohereClientOptions {
  /** The model's name, as Cohere spells it. */
  readonly model: string;
  /** Which of Cohere's own limits the key has. @default "production" */
  readonly tier?: CohereTier;
  /** Calls a minute that the key is allowed, where it is not the tier's number. */
  readonly requestsPerMinute?: number;
  /**
   * The limiter that calls pass, in place of the one that all Runnables of one key and endpoint share. The limits
   * above are then the limiter's business.
   */
  readonly limiter?: RateLimiter;
  /** Requests in flight at once, at most. Fewer go out where the rate limits allow no more. */
  readonly maxConcurrency?: number;
  /** How failed calls are tried again; `false` switches retries off. @default { attempts: 6 } */
  readonly retry?: RetryOptions | false;
  /** Milliseconds that one call of a batch may take, its body included. @default 300_000 */
  readonly timeoutMs?: number;
  /** What the model costs, for `estimate`, `maxCost` and reports. @default the list price in `prices.ts`, where it is known */
  readonly price?: CoherePrice;
  /** Time of the limiter, for tests; a limiter with a clock of its own is not shared. @default the machine's clock */
  readonly clock?: Clock;
}

/** @throws ArgumentError where `value` is given and not what it should be. Its text never shows a value that could be secret. */
export function check(name: string, value: unknown, isValid: (value: unknown) => boolean, expected: string): void {
  if (value === undefined || isValid(value)) return;
  const came = typeof value === "number" || typeof value === "boolean" ? String(value) : kindOf(value);
  throw new ArgumentError(`Expected \`${name}\` to be ${expected}, came ${came}. Correct it or leave it out.`);
}

/** Names of the options that every Runnable of this package takes. */
const COMMON: readonly (keyof CohereOptions)[] = [
  "model",
  "apiKey",
  "baseURL",
  "fetch",
  "headers",
  "client",
  "tier",
  "requestsPerMinute",
  "limiter",
  "maxConcurrency",
  "retry",
  "timeoutMs",
  "price",
  "clock",
];

/** @throws ArgumentError for a name that is no option, which is usually misspelt. */
export function checkNames(of: string, options: object, own: readonly string[]): void {
  const known: readonly string[] = [...COMMON, ...own];
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new ArgumentError(`${of} has no option \`${unknown}\`. Its options: ${known.join(", ")}.`);
}

/** @throws ArgumentError where there is no model. */
export function checkModel(model: unknown, example: string): void {
  if (typeof model === "string" && model !== "") return;
  throw new ArgumentError(
    `Expected \`model\` to name a model of Cohere, came ${kindOf(model)}. Give one, such as "${example}".`,
  );
}

/** @throws ArgumentError where the model of offline jobs is given and no name. */
export function checkJobModel(jobModel: unknown): void {
  check("jobModel", jobModel, (value) => typeof value === "string" && value !== "", "a model's name");
}

/** Whether `value` is a whole number from `least`. */
export function isWhole(value: unknown, least: number, most: number = Infinity): boolean {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= least && value <= most;
}

/** Whether `value` can be Cohere's `priority`: 0 (the highest) to 999. */
export function isPriority(value: unknown): boolean {
  return isWhole(value, 0, 999);
}

/** What kind of value came, never the value. */
export function kindOf(value: unknown): string {
  if (value === "") return "an empty string";
  if (value === undefined) return "nothing";
  return value === null ? "null" : `a value of type ${typeof value}`;
}

/** `values` without those that are undefined: what is left out stays off the wire. */
export function defined<T extends object>(values: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}
