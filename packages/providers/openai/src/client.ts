import {
  addressIn,
  defined,
  environment,
  HTTP,
  isKey,
  type Option,
  type OptionsOf,
  patientFetch,
  requireKey,
} from "@batchwise/adapter-kit";
import { ArgumentError, ProviderError } from "@batchwise/core";
import { type APIError, OpenAI } from "openai";
import { TIMEOUT_MS } from "./limits.ts";

/** Options of the connection to a server. */
export const CONNECTION = {
  /** The API key, or a function that gets one for each call. @default the environment variable OPENAI_API_KEY */
  apiKey: {
    ...HTTP.apiKey,
    description: "the key, or an async function that gives it for each call",
    otherwise: "`OPENAI_API_KEY`",
    takes: (value: unknown): boolean => typeof value === "function",
    expected: "a string of visible ASCII characters, or a function",
  } as Option<string | (() => Promise<string>)>,
  /**
   * The API's address, `/v1` included; of OpenAI, or of any server that speaks its language.
   * @default the environment variable OPENAI_BASE_URL, else https://api.openai.com/v1
   */
  baseURL: {
    ...HTTP.baseURL,
    default: "https://api.openai.com/v1",
    otherwise: "`OPENAI_BASE_URL`, else `https://api.openai.com/v1`",
  } as Option<string>,
  /** The account that is charged. @default the environment variable OPENAI_ORG_ID */
  organization: { type: "string", description: "the account that is charged", otherwise: "`OPENAI_ORG_ID`" },
  /** The project that is charged. @default the environment variable OPENAI_PROJECT_ID */
  project: { type: "string", description: "the project that is charged", otherwise: "`OPENAI_PROJECT_ID`" },
  /** Headers of every request; `null` leaves out one that the SDK would send. */
  defaultHeaders: {
    type: "object",
    writeOnly: true,
    description: "headers of every request; `null` leaves one out",
  } as Option<Readonly<Record<string, string | null>>>,
  /** Query parameters of every request. */
  defaultQuery: { type: "object", writeOnly: true, description: "query parameters of every request" } as Option<
    Readonly<Record<string, string>>
  >,
  /** Makes the requests. @default globalThis.fetch */
  fetch: HTTP.fetch as Option<(input: string | URL | Request, init?: RequestInit) => Promise<Response>>,
  /** A client of your own from the `openai` package, instead of all options above. */
  client: {
    type: "instance",
    methods: ["post"],
    description: "a client of the `openai` package, instead of the options above",
    expected: "a client of the openai package",
  } as Option<OpenAIClient>,
} as const;

/** Options of the connection to a server. */
export interface ConnectionOptions extends OptionsOf<typeof CONNECTION> {}

/** Part of a client from the `openai` package that is used: `OpenAI`, `AzureOpenAI`, of this copy or another. */
export interface OpenAIClient {
  post(path: string, options: RequestOptions): PendingResponse;
  /** For offline jobs alone. */
  get?(path: string, options: RequestOptions): PendingResponse;
  /** For offline jobs alone. */
  delete?(path: string, options: RequestOptions): PendingResponse;
}

/** Options of one request. */
export interface RequestOptions {
  readonly signal?: AbortSignal;
  /** The engine is what tries again (P25). */
  readonly maxRetries: 0;
  readonly timeout: number;
  readonly query?: object;
  readonly body?: object;
}

/** A response that is on its way. */
export interface PendingResponse {
  asResponse(): Promise<Response>;
}

/** A client, and what its requests have in common. */
export interface Connection {
  readonly client: OpenAIClient;
  /** Owner of the limits that its calls count against. */
  readonly owner: object | string;
  readonly timeoutMs: number;
}

/** @throws ArgumentError without a key, or for a client with the options that it replaces */
export function connect(options: ConnectionOptions & { readonly timeoutMs?: number | undefined }): Connection {
  const { client, timeoutMs = TIMEOUT_MS, ...own } = options;
  if (client === undefined) return { ...open(own), timeoutMs };
  const name = Object.keys(defined(own)).find((each) => Object.hasOwn(CONNECTION, each));
  if (name === undefined) return { client, owner: client, timeoutMs };
  throw new ArgumentError(`Expected either \`client\` or \`${name}\`, got both. Give the client what it needs.`);
}

function open(options: Omit<ConnectionOptions, "client">): Pick<Connection, "client" | "owner"> {
  const { apiKey: key, organization, project, fetch = patientFetch, defaultHeaders, defaultQuery } = options;
  const { baseURL = addressIn("OPENAI_BASE_URL") } = options;
  const apiKey =
    typeof key === "function"
      ? key
      : requireKey(key || environment(KEY), KEY, "; for a server that wants none, any text");
  const client = new Client({
    ...defined({ baseURL, organization, project, fetch, defaultHeaders, defaultQuery }),
    apiKey: typeof apiKey === "function" ? () => keyFrom(apiKey) : apiKey,
    maxRetries: 0,
  });
  const account = [client.baseURL, client.organization, client.project, apiKey];
  return { client, owner: typeof apiKey === "function" ? apiKey : account.join(" ") };
}

const KEY = "OPENAI_API_KEY";

/** Keeps the whole body of a refusal with the SDK's error, which else has what is in `error` alone. */
class Client extends OpenAI {
  protected override makeStatusError(...[status, body, ...rest]: StatusErrorParts): APIError {
    return Object.assign(super.makeStatusError(status, body, ...rest), { body });
  }
}

type StatusErrorParts = [status: number, body: object, message: string | undefined, headers: Headers];

/** The function is the caller's, and so is its error to see. Where it threw, it may work another time. */
async function keyFrom(apiKey: () => Promise<string>): Promise<string> {
  const key = await Promise.resolve()
    .then(apiKey)
    .catch((cause: unknown) => {
      const message = "Expected the function `apiKey` to give a key, got the error in `cause`. Try again later.";
      throw new ProviderError(message, { code: "network_error", retryable: true, cause });
    });
  if (isKey(key)) return key;
  throw new ProviderError(
    "Expected the function `apiKey` to give a string of visible ASCII characters, got another value. Correct it.",
    { code: "authentication", retryable: false },
  );
}
