import { ArgumentError } from "@batchwise/core";
import type { CohereClientV2 } from "cohere-ai";
import { fetcher } from "./fetcher.ts";
import { check, kindOf } from "./options.ts";

/** What this package uses of the SDK's client. `CohereClientV2` fits, and so does `CohereClient`'s `v2`. */
export type CohereClientLike = Pick<CohereClientV2, "embed" | "rerank" | "chat" | "chatStream"> &
  Partial<Pick<CohereClientV2, "batches" | "datasets">>;

/** How Cohere is reached. */
export interface CohereClientOptions {
  /**
   * The key, or a function that gives one for each call. An empty string sends none, for a proxy that has its own.
   * @default the environment variable CO_API_KEY
   */
  readonly apiKey?: string | (() => string | Promise<string>);
  /** @default the SDK's: https://api.cohere.com */
  readonly baseURL?: string;
  /** @default the global `fetch` */
  readonly fetch?: typeof fetch;
  /** Further headers of every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A client of the SDK's that exists already; the options above are then its own. */
  readonly client?: CohereClientLike;
}

/** A client, and whose limits it draws on: everyone with an equal owner shares them. */
export interface Connection<Client = CohereClientLike> {
  readonly client: Client;
  readonly owner: object | string;
}

/** Where requests go unless the options say otherwise. */
export const BASE_URL = "https://api.cohere.com";

/**
 * @param Sdk which of the SDK's clients is made where none is given
 * @throws ArgumentError where there is no key, or an option cannot be worked with.
 */
export function connect<Client>(
  options: Omit<CohereClientOptions, "client"> & { readonly client?: Client },
  Sdk: new (options: ConstructorParameters<typeof CohereClientV2>[0]) => Client,
): Connection<Client> {
  const { client, baseURL = BASE_URL, fetch: fetchFunction, headers } = options;
  const apiKey = options.apiKey ?? environment("CO_API_KEY") ?? undefined;
  if (client !== undefined) {
    const others = (["apiKey", "baseURL", "fetch", "headers"] as const).filter((name) => options[name] !== undefined);
    if (others.length === 0 && typeof client === "object" && client !== null) return { client, owner: client };
    throw new ArgumentError(
      others.length === 0
        ? `Expected \`client\` to be a ${Sdk.name}, came ${kindOf(client)}. Correct it or leave it out.`
        : `Expected either \`client\` or \`${others.join("`, `")}\`, came both. Give them to the client itself.`,
    );
  }
  if (typeof apiKey !== "function") checkKey(apiKey);
  check("baseURL", baseURL, (value) => typeof value === "string" && URL.canParse(value), "a URL");
  check("fetch", fetchFunction, (value) => typeof value === "function", "a function");
  check("headers", headers, (value) => typeof value === "object" && value !== null, "an object of names and values");
  return {
    client: new Sdk({
      token: typeof apiKey === "function" ? async () => checkKey(await apiKey()) : apiKey,
      environment: baseURL,
      maxRetries: 0,
      fetcher,
      ...(headers === undefined ? {} : { headers }),
      ...(fetchFunction === undefined ? {} : { fetch: fetchFunction }),
    }),
    owner: typeof apiKey === "function" ? apiKey : `${baseURL} ${apiKey}`,
  };
}

/** @throws ArgumentError for what no header can hold: it would come back in the message of another error. */
function checkKey(apiKey: unknown): string {
  if (typeof apiKey === "string" && /^[\u0021-\u007E]*$/.test(apiKey)) return apiKey;
  throw new ArgumentError(
    apiKey === undefined
      ? "Expected a key of Cohere, came none. Give `apiKey`, or set the environment variable CO_API_KEY."
      : `Expected \`apiKey\` to be a key or a function that gives one, came ${
          typeof apiKey === "string" ? "a string with spaces, line breaks or letters that no key has" : kindOf(apiKey)
        }. Correct it.`,
  );
}

function environment(name: string): string | undefined {
  return (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env?.[name];
}
