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

/**
 * The address in a variable of the environment; undefined where there is none.
 *
 * @throws ArgumentError for a variable that holds something else: keys and inputs would go elsewhere, or nowhere
 */
export function addressIn(variable: string): string | undefined {
  const address = environment(variable) || undefined;
  if (address === undefined || isAddress(address)) return address;
  throw new ArgumentError(
    `Expected ${variable} to be an address such as https://host/v1, got a string. Correct the variable, or pass \`baseURL\`.`,
  );
}
