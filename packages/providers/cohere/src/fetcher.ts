import { defined, eventsInstead, fieldsOf, looksLikeEvents, parseBody, patientFetch } from "@batchwise/adapter-kit";
import type { CohereClientV2 } from "cohere-ai";
import { DIALECT } from "./errors.ts";

type FetchFunction = NonNullable<ConstructorParameters<typeof CohereClientV2>[0]["fetcher"]>;
type Call = Parameters<FetchFunction>[0];
type Answer = Awaited<ReturnType<FetchFunction>>;

/**
 * Transport of the SDK's own requests, in place of the SDK's default, which retries by itself, leaves its timeout running
 * when a connection fails (the process then stays alive for up to five minutes), and forgets the status of a body that
 * is no JSON. Time is the engine's and the caller's signal's.
 */
export const fetcher: FetchFunction = ((call: Call): Promise<Answer> =>
  exchange(call).catch(
    // The SDK makes an error of it whose cause this is; its message is never shown.
    (cause: unknown): Answer => ({
      ok: false,
      error: { reason: "unknown", errorMessage: "", cause },
      rawResponse: raw(Response.error()),
    }),
  )) as FetchFunction;

async function exchange(call: Call): Promise<Answer> {
  const send = call.fetchFn ?? patientFetch;
  const response = await send(addressOf(call), {
    method: call.method,
    headers: await headersOf(call),
    // A file comes as the stream of a form.
    body: call.requestType === "file" ? (call.body as RequestInit["body"] & {}) : JSON.stringify(call.body),
    signal: call.abortSignal ?? null,
    ...defined({ duplex: call.duplex }),
  });
  const rawResponse = raw(response);
  if (response.ok && call.responseType === "sse" && response.body !== null) {
    return { ok: true, body: response.body, rawResponse };
  }
  const text = await response.text();
  const body = parseBody(text);
  if (!response.ok) {
    return {
      ok: false,
      error: { reason: "status-code", statusCode: response.status, body: body ?? text },
      rawResponse,
    };
  }
  if (body === undefined && looksLikeEvents(text)) throw eventsInstead(DIALECT, { status: response.status });
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    return { ok: false, error: { reason: "non-json", statusCode: response.status, rawBody: "" }, rawResponse };
  }
  return { ok: true, body: expected(body, call.url), rawResponse };
}

/**
 * The body as the SDK expects it, as it writes values of all else to the console, which may quote an input or the key: without
 * words in a message's place, and with a text as a part. Of vectors, scores and labels the SDK reads an empty answer, beside
 * which the true one passes it as `wire`.
 */
function expected(body: object, url: string): object {
  const empty = EMPTY[/\w+$/.exec(url)?.[0] ?? ""];
  if (empty !== undefined) return { ...empty, wire: body };
  const { message, ...rest } = body as { readonly message?: unknown };
  const text = fieldsOf(message)?.["content"];
  if (typeof text === "string")
    return { ...rest, message: { ...(message as object), content: [{ type: "text", text }] } };
  return typeof message === "string" ? rest : body;
}

/** Answers without anything, by the last part of an address. */
const EMPTY: Readonly<Record<string, object>> = {
  embed: { id: "", embeddings: {} },
  rerank: { results: [] },
  classify: { id: "", classifications: [] },
};

function addressOf({ url, queryParameters = {} }: Call): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(queryParameters)) {
    if (value === undefined || value === null) continue;
    for (const each of Array.isArray(value) ? value : [value]) query.append(name, String(each));
  }
  return query.size === 0 ? url : `${url}?${query.toString()}`;
}

async function headersOf(call: Call): Promise<Headers> {
  const headers = new Headers({
    accept: call.responseType === "sse" ? "text/event-stream" : "application/json",
    "content-type": call.contentType ?? "application/json",
  });
  for (const [name, value] of Object.entries(call.headers ?? {})) {
    const resolved: unknown = await (typeof value === "function" ? (value as () => unknown)() : value);
    if (typeof resolved === "string") headers.set(name, resolved);
  }
  return headers;
}

function raw({ headers, redirected, status, statusText, type, url }: Response): Answer["rawResponse"] {
  return { headers, redirected, status, statusText, type, url };
}
