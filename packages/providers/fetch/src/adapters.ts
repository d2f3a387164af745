import { adapterOf } from "@batchwise/adapter-kit";
import type { Adapter } from "@batchwise/core";
import { Fetcher } from "./fetcher.ts";
import { FETCHER, type FetcherOptions } from "./options.ts";

/** Adapters of this package, for programs that load them by name. */
export const adapters: readonly Adapter[] = [
  /* @__PURE__ */ adapterOf<"fetch">({
    kind: "fetch",
    description: "URLs to what they lead to: JSON, text or bytes, with limits for each host.",
    options: FETCHER,
    make: (options: FetcherOptions) => new Fetcher(options),
  }),
];
