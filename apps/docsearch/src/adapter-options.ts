import { createHash } from "node:crypto";
import { identifyingOptions, type Properties } from "@batchwise/plugins";

/**
 * Tells apart options that make other vectors: the same for the same ones in any order, defaults written out or not.
 * Neither a key nor the pace is in it, nor what may be a password in an address.
 */
export function digestOf(options: Readonly<Record<string, unknown>>, properties: Properties): string {
  const told = Object.entries(identifyingOptions(options, properties))
    .map(([name, value]) => [name, typeof value === "string" ? withoutSecrets(value) : value] as const)
    .toSorted(([one], [other]) => (one < other ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(told)).digest("hex").slice(0, 12);
}

/** Undefined for the usual one, and where it is no address. */
export function hostOf(address: unknown, usual: unknown): string | undefined {
  const host = hostIn(address);
  return host === hostIn(usual) ? undefined : host;
}

function hostIn(address: unknown): string | undefined {
  return typeof address === "string" ? URL.parse(address)?.host : undefined;
}

function withoutSecrets(text: string): string {
  const address = /^https?:/.test(text) ? URL.parse(text) : null;
  return address === null ? text : address.host + address.pathname;
}
