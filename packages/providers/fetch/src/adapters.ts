import type { Adapter, OptionSchemas } from "@batchwise/core";
import { Fetcher } from "./fetcher.ts";
import type { FetcherOptions } from "./options.ts";

/** What this package has, for programs that load it by name. */
export const adapters: readonly Adapter[] = /* @__PURE__ */ manifest();

/** A function, so that those who import one class alone get nothing of it. */
function manifest(): readonly Adapter[] {
  const fetcher: Adapter<"fetch"> = {
    name: "fetch",
    kind: "fetch",
    description: "URLs to what they lead to: JSON, text or bytes, with limits for each host.",
    options: { type: "object", additionalProperties: false, properties: fetcherOptions() },
    create: (options, { clock } = {}) => new Fetcher(clock === undefined ? options : { ...options, clock }),
  };
  return [fetcher];
}

function fetcherOptions(): OptionSchemas<FetcherOptions, "accept" | "limiter" | "fetch" | "clock"> {
  return {
    as: { type: "string", enum: ["json", "text", "bytes"], description: "What a response becomes.", default: "json" },
    headers: { type: "object", writeOnly: true, description: "Headers of every request." },
    redirect: {
      type: "string",
      enum: ["follow", "error", "manual"],
      description: "What happens at a redirect.",
      default: "follow",
    },
    maxBytes: { type: "number", minimum: 0, description: "The most bytes of a body. Unlimited by default." },
    timeoutMs: { type: "number", exclusiveMinimum: 0, description: "Milliseconds of one request.", default: 30_000 },
    maxConcurrency: {
      type: "integer",
      minimum: 1,
      description: "Requests under way at once; with perHost, 50 by default.",
      default: 5,
    },
    perHost: {
      type: "object",
      description: "What each host may be asked for. Unlimited by default.",
      properties: {
        maxConcurrency: { type: "integer", minimum: 1 },
        requestsPerMinute: { type: "number", exclusiveMinimum: 0 },
      },
      additionalProperties: false,
      examples: [{ maxConcurrency: 2 }],
    },
    retry: {
      type: ["object", "boolean"],
      description: "How failed requests are tried again; false for never.",
      default: { attempts: 3 },
    },
    retryAnyMethod: {
      type: "boolean",
      description: "Whether POST and PATCH, which may have an effect each time, are tried again too.",
      default: false,
    },
  };
}
