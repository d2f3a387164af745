import { ArgumentError } from "@batchwise/core";
import { OpenAI } from "openai";
import { check, definedOnly, hasMethod, isObject, isText } from "./options.ts";
import { TIMEOUT_MS } from "./limits.ts";

/** Where requests go, and with which key. */
export interface ConnectionOptions {
  /** The API key, or a function that gets one for each call. @default the environment variable OPENAI_API_KEY */
  readonly apiKey?: string | (() => Promise<string>);
  /**
   * The API's address, `/v1` included; of OpenAI, or of any server that speaks its language.
   * @default the environment variable OPENAI_BASE_URL, else https://api.openai.com/v1
   */
  readonly baseURL?: string;
  /** @default the environment variable OPENAI_ORG_ID */
  readonly organization?: string;
  /** @default the environment variable OPENAI_PROJECT_ID */
  readonly project?: string;
  /** Headers of every request; `null` leaves out one that the SDK would send. */
  readonly defaultHeaders?: Readonly<Record<string, string | null>>;
  /** Query parameters of every request. */
  readonly defaultQuery?: Readonly<Record<string, string>>;
  /** @default globalThis.fetch */
  readonly fetch?: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
  /** Milliseconds that one call may take, from its dispatch to the end of its answer. @default 600_000 */
  readonly timeoutMs?: number;
  /** A client of your own from the `openai` package, instead of all options above but `timeoutMs`. */
  readonly client?: OpenAIClient;
}

/** What is used of a client from the `openai` package: `OpenAI`, `AzureOpenAI`, of this copy or another. */
export interface OpenAIClient {
  post(path: string, options: PostOptions): PendingResponse;
  /** For offline jobs alone. */
  get?(path: string, options: RequestOptions): PendingResponse;
  /** For offline jobs alone. */
  delete?(path: string, options: RequestOptions): PendingResponse;
}

/** How one request is made. */
export interface RequestOptions {
  readonly signal?: AbortSignal;
  /** The engine is what tries again (P25). */
  readonly maxRetries: 0;
  readonly timeout: number;
  readonly query?: object;
}

/** How one request with a body is made. */
export interface PostOptions extends RequestOptions {
  readonly body?: object;
  readonly stream?: boolean;
}

/** A response that is on its way. */
export interface PendingResponse {
  asResponse(): Promise<Response>;
  withResponse(): Promise<{ readonly data: unknown; readonly response: Response }>;
}

/** A client, and what its requests have in common. */
export interface Connection {
  readonly client: OpenAIClient;
  /** Whose limits its calls count against. */
  readonly owner: object | string;
  readonly timeoutMs: number;
}

/** Thrown by the function for the key, or for what it gave. The SDK wraps it. */
export class KeyError extends Error {}

/** @throws ArgumentError for an option that cannot be worked with, or without a key */
export function connect(options: ConnectionOptions): Connection {
  const { client, timeoutMs = TIMEOUT_MS, ...own } = options;
  check("timeoutMs", timeoutMs, (value) => Number.isFinite(value) && (value as number) > 0, "a number above 0");
  if (client === undefined) return { ...open(own), timeoutMs };
  check("client", client, (value) => hasMethod(value, "post"), "a client of the openai package");
  for (const name of CLIENT_OPTIONS) {
    if (own[name] === undefined) continue;
    throw new ArgumentError(`Expected either \`client\` or \`${name}\`, came both. Give the client what it needs.`);
  }
  return { client, owner: client, timeoutMs };
}

type ClientOptions = Omit<ConnectionOptions, "client" | "timeoutMs">;

const CLIENT_OPTIONS: readonly (keyof ClientOptions)[] = [
  "apiKey",
  "baseURL",
  "organization",
  "project",
  "defaultHeaders",
  "defaultQuery",
  "fetch",
];

/** Names of all connection options. */
export const CONNECTION_OPTIONS: readonly (keyof ConnectionOptions)[] = [...CLIENT_OPTIONS, "client", "timeoutMs"];

function open(options: ClientOptions): Pick<Connection, "client" | "owner"> {
  const { apiKey = environment("OPENAI_API_KEY"), baseURL, organization, project, fetch } = options;
  const { defaultHeaders, defaultQuery } = options;
  check(
    "baseURL",
    baseURL,
    (value) => isText(value) && isAddress(value as string),
    "an address such as https://host/v1",
  );
  check("organization", organization, isText, "a text");
  check("project", project, isText, "a text");
  check("fetch", fetch, (value) => typeof value === "function", "a function");
  check("defaultHeaders", defaultHeaders, isObject, "an object");
  check("defaultQuery", defaultQuery, isObject, "an object");
  if (apiKey === undefined || apiKey === "") throw keyMissing();
  if (typeof apiKey !== "function") check("apiKey", apiKey, isKey, "a text of visible ASCII characters, or a function");

  const client = new OpenAI({
    ...definedOnly({ baseURL, organization, project, fetch, defaultHeaders, defaultQuery }),
    apiKey: typeof apiKey === "function" ? () => keyFrom(apiKey) : apiKey,
    maxRetries: 0,
  });
  const account = [client.baseURL, client.organization, client.project, apiKey];
  return { client, owner: typeof apiKey === "function" ? apiKey : account.join(" ") };
}

async function keyFrom(apiKey: () => Promise<string>): Promise<string> {
  let key: unknown;
  try {
    key = await apiKey();
  } catch (cause) {
    throw new KeyError("The function `apiKey` threw.", { cause });
  }
  if (isKey(key)) return key as string;
  throw new KeyError("The function `apiKey` gave no text of visible ASCII characters.");
}

function keyMissing(): ArgumentError {
  return new ArgumentError(
    "Expected an API key, found none. Set the environment variable OPENAI_API_KEY or the option `apiKey`; " +
      "for a server that wants none, to any text.",
  );
}

/** What a header may hold: an error about anything else would come from `fetch`, and quote the key. */
function isKey(value: unknown): boolean {
  return typeof value === "string" && /^[\x21-\x7e]+$/.test(value);
}

function isAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

function environment(name: string): string | undefined {
  return (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env?.[name]?.trim();
}
