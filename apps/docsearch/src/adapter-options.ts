import { createHash } from "node:crypto";
import { identifyingOptions, type Properties } from "@batchwise/plugins";

/**
 * Digest of the options on which vectors depend: the same in any order, with defaults written out or not. It does not
 * hold keys, the pace, or a possible password in an address.
 */
export function digestOf(options: Readonly<Record<string, unknown>>, properties: Properties): string {
  const identifying = Object.entries(identifyingOptions(options, properties))
    .map(([name, value]) => [name, typeof value === "string" ? withoutSecrets(value) : value] as const)
    .toSorted(([one], [other]) => (one < other ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(identifying)).digest("hex").slice(0, 12);
}

/** Host of an address; undefined for the usual one, and for anything but an address. */
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
