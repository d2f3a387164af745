import { ArgumentError } from "@batchwise/core";
import { kindOf } from "./kind-of.ts";

/** A variable of the environment, trimmed; undefined where there is none, or no environment. */
export function environment(name: string): string | undefined {
  return (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env?.[name]?.trim();
}

/**
 * The key that was given, else the environment's.
 *
 * @throws ArgumentError where there is no key, or one that no header can hold: it would come back in `fetch`'s own error
 */
export function requireKey(given: unknown, variable: string, advice: string = ""): string {
  const key = given ?? environment(variable);
  if (isKey(key)) return key;
  throw new ArgumentError(
    `Expected \`apiKey\` to be a string of visible ASCII characters, got ${kindOf(key)}. ` +
      `Set ${variable} or pass \`apiKey\`${advice}.`,
  );
}

/** Tells whether a header can hold it. */
export function isKey(value: unknown): value is string {
  return typeof value === "string" && /^[\x21-\x7e]+$/.test(value);
}

/** Tells whether `value` is an address of http or https. */
export function isAddress(value: unknown): value is string {
  return typeof value === "string" && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}
