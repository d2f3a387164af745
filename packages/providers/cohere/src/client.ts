import {
  addressIn,
  defined,
  environment,
  HTTP,
  isKey,
  kindOf,
  type Option,
  type OptionsOf,
} from "@batchwise/adapter-kit";
import { ArgumentError } from "@batchwise/core";
import type { CohereClientV2 } from "cohere-ai";
import { fetcher } from "./fetcher.ts";

/** Part of the SDK's client that this package uses. `CohereClientV2` fits, and so does `CohereClient`'s `v2`. */
export type CohereClientLike = Pick<CohereClientV2, "embed" | "rerank" | "chat" | "chatStream"> &
  Partial<Pick<CohereClientV2, "batches" | "datasets">>;

/** Address of the API unless the options say otherwise. */
export const BASE_URL = "https://api.cohere.com";

/** Options of the connection to Cohere. */
export const CONNECTION = {
  /**
   * The key, or a function that gives one for each call. An empty string sends none, for a proxy that has its own.
   * @default the environment variable CO_API_KEY
   */
  apiKey: {
    ...HTTP.apiKey,
    description: 'the key, or a function that gives one; `""` sends none, for a proxy',
    otherwise: "`CO_API_KEY`",
    takes: (value: unknown): boolean => value === "" || typeof value === "function",
    expected: "a string of visible ASCII characters, or a function",
  } as Option<string | (() => string | Promise<string>)>,
  /** @default the environment variable CO_API_URL, else the SDK's: https://api.cohere.com */
  baseURL: { ...HTTP.baseURL, default: BASE_URL, otherwise: `\`CO_API_URL\`, else \`${BASE_URL}\`` } as Option<string>,
  /** Makes the requests. @default globalThis.fetch */
  fetch: { ...HTTP.fetch } as Option<typeof globalThis.fetch>,
  /** Further headers of every request. */
  headers: { type: "object", writeOnly: true, description: "further headers of every request" } as Option<
    Readonly<Record<string, string>>
  >,
} as const;

/** Options of the connection to Cohere. */
export interface CohereClientOptions extends OptionsOf<typeof CONNECTION> {
  /** A client of the SDK's that exists already; the options above are then its own. */
  readonly client?: CohereClientLike;
}

/** A client, and whose limits it draws on: everyone with an equal owner shares them. */
export interface Connection<Client = CohereClientLike> {
  readonly client: Client;
  readonly owner: object | string;
}

/**
 * @param Sdk which of the SDK's clients is made where none is given
 * @throws ArgumentError where there is no key, or a client and options that it replaces.
 */
export function connect<Client extends object>(
  options: Omit<CohereClientOptions, "client"> & { readonly client?: Client },
  Sdk: new (options: ConstructorParameters<typeof CohereClientV2>[0]) => Client,
): Connection<Client> {
  const { client, fetch, headers } = options;
  if (client !== undefined) {
    const other = (Object.keys(CONNECTION) as (keyof typeof CONNECTION)[]).find((name) => options[name] !== undefined);
    if (other === undefined) return { client, owner: client };
    throw new ArgumentError(`Expected either \`client\` or \`${other}\`, got both. Give it to the client itself.`);
  }
  const apiKey = options.apiKey ?? environment("CO_API_KEY");
  const baseURL = options.baseURL ?? addressIn("CO_API_URL") ?? BASE_URL;
  return {
    client: new Sdk({
      token: typeof apiKey === "function" ? async () => checkKey(await apiKey()) : checkKey(apiKey),
      environment: baseURL,
      maxRetries: 0,
      fetcher,
      ...defined({ headers, fetch }),
    }),
    owner: typeof apiKey === "function" ? apiKey : `${baseURL} ${apiKey}`,
  };
}

/** @throws ArgumentError for what no header can hold: it would come back in the message of another error. */
function checkKey(apiKey: unknown): string {
  if (apiKey === "" || isKey(apiKey)) return apiKey;
  throw new ArgumentError(
    `Expected \`apiKey\` to be a string of visible ASCII characters, or a function that gives one, got ${kindOf(apiKey)}. ` +
      `Set CO_API_KEY or pass \`apiKey\`.`,
  );
}
