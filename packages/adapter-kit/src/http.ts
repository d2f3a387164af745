import type { CallOptions } from "@batchwise/core";
import { type Dialect, factsOf, requestIdOf } from "./errors/dialect.ts";
import { NO_USAGE } from "./errors/failure-of.ts";
import { ANY_INPUT, type Blame, isFree } from "./errors/judge.ts";
import { eventsInstead, networkError, notJson, providerError } from "./errors/provider-errors.ts";
import { failureIn, refusalIn } from "./errors/refusal.ts";
import { eventsIn, looksLikeEvents, type ServerEvent } from "./events.ts";
import { fieldsOf, parseBody } from "./fields.ts";
import { isAddress, isKey, requireKey } from "./key.ts";
import type { Option, OptionGroup, OptionsOf } from "./options/declaration.ts";
import { withDefaults } from "./options/define-options.ts";
import { patientFetch } from "./patient-fetch.ts";

/** Options of an API that takes a key and JSON. */
export const HTTP = {
  /** The API key. @default the provider's variable of the environment */
  apiKey: {
    type: "string",
    writeOnly: true,
    description: "the key",
    otherwise: "the provider's variable of the environment",
    holds: isKey,
    expected: "a string of visible ASCII characters",
  } as Option<string>,
  /** The API's address, for a proxy or a server of your own. @default the provider's own */
  baseURL: {
    type: "string",
    description: "the API's address",
    otherwise: "the provider's own",
    holds: isAddress,
    expected: "an address such as https://host/v1",
  } as Option<string>,
  /** Makes the requests. @default globalThis.fetch */
  fetch: { type: "function", description: "makes the requests", otherwise: "the global one" } as Option<
    typeof globalThis.fetch
  >,
} as const;

/** Options of an API that takes a key and JSON. */
export interface HttpOptions extends OptionsOf<typeof HTTP> {}

/** The same as declarations, with what is a provider's own. @param usual the provider's address */
export function httpOptions({ key }: Dialect, usual: string): OptionGroup {
  const apiKey = key === undefined ? HTTP.apiKey : { ...HTTP.apiKey, otherwise: `\`${key}\`` };
  return { ...withDefaults(HTTP, { baseURL: usual }), apiKey };
}

/** Address and key of an API, and the dialect in which it answers. */
export interface HttpConnection {
  readonly baseURL: string;
  readonly apiKey: string;
  readonly fetch: typeof globalThis.fetch;
  readonly dialect: Dialect;
  /** Text that tells apart whose limits its calls count against. */
  readonly owner: string;
}

/** @param usual the provider's own address. @throws ArgumentError where there is no key */
export function connectHttp(options: HttpOptions, dialect: Dialect, usual: string): HttpConnection {
  const apiKey = requireKey(options.apiKey, dialect.key ?? "the environment");
  const baseURL = (options.baseURL ?? usual).replace(/\/+$/, "");
  const fetch = options.fetch ?? patientFetch;
  return { baseURL, apiKey, fetch, dialect, owner: `${baseURL} ${apiKey}` };
}

/**
 * Sends one request and resolves to its answer, a JSON object. Reports what the response tells besides.
 *
 * @param blame where the inputs stand in the body. @default any of them may be to blame for a refusal
 * @throws ProviderError, or the signal's reason
 */
export async function postJson<Answer extends object>(
  { baseURL, apiKey, fetch, dialect }: HttpConnection,
  path: string,
  body: object,
  { signal, report }: CallOptions,
  blame?: Blame,
): Promise<Partial<Answer>> {
  signal?.throwIfAborted();
  const request = {
    method: "POST",
    headers: {
      ...(dialect.headers?.(apiKey) ?? { authorization: `Bearer ${apiKey}` }),
      "content-type": "application/json",
    },
    body: JSON.stringify(body),
    signal: signal ?? null,
  };
  const response = await fetch(`${baseURL}${path}`, request).catch((thrown: unknown) => {
    signal?.throwIfAborted();
    throw networkError(thrown, dialect);
  });
  const { status, headers } = response;
  report?.(factsOf(headers, dialect));
  const answer = await readJson(response, dialect, { signal });
  if (!response.ok) {
    if (isFree(status)) report?.({ usage: NO_USAGE });
    throw providerError(refusalIn({ body: answer, status, headers }, dialect), dialect, { ...ANY_INPUT, ...blame });
  }
  const failure = failureIn(answer, headers);
  if (failure !== undefined) throw providerError(failure, dialect, { ...ANY_INPUT, ...blame });
  if (fieldsOf(answer) !== undefined) return answer as Partial<Answer>;
  throw notJson(dialect, { status });
}

/** Ways to read a response. */
export interface Reading {
  /** Gives the text. @default all that arrives */
  readonly text?: ((response: Response) => Promise<string>) | undefined;
  /** Makes an answer of events that were not asked for. @default they are refused */
  readonly events?: ((events: ServerEvent[]) => unknown) | undefined;
}

/**
 * The JSON that a response holds; of a refusal that is not JSON the text.
 *
 * @throws ProviderError for a body that breaks off, or an answer that is not JSON; or the signal's reason
 */
export async function readJson(
  response: Response,
  dialect: Dialect,
  { signal }: Pick<CallOptions, "signal">,
  { text: textOf = (each) => each.text(), events }: Reading = {},
): Promise<unknown> {
  const origin = { status: response.status, requestId: requestIdOf(response.headers, dialect) };
  const text = await textOf(response).catch((thrown: unknown) => {
    signal?.throwIfAborted();
    throw networkError(thrown, dialect, origin);
  });
  const answer = parseBody(text);
  if (answer !== undefined || !response.ok) return answer ?? text;
  if (!looksLikeEvents(text)) throw notJson(dialect, origin);
  if (events === undefined) throw eventsInstead(dialect, origin);
  return events(eventsIn(text));
}
