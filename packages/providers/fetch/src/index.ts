export { adapters } from "./adapters.ts";
export { Fetcher } from "./fetcher.ts";
export type { FetchAs, FetcherOptions, FetchOutput, HostLimits } from "./options.ts";
export type { FetchInput } from "./target.ts";
