import type { CohereClientV2 } from "cohere-ai";

type FetchFunction = NonNullable<ConstructorParameters<typeof CohereClientV2>[0]["fetcher"]>;
type Call = Parameters<FetchFunction>[0];
type Answer = Awaited<ReturnType<FetchFunction>>;

/**
 * How the SDK's own requests travel, in place of the SDK's default, which retries by itself, leaves its timeout running
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
  const send = call.fetchFn ?? fetch;
  const response = await send(call.url, {
    method: call.method,
    headers: await headersOf(call),
    body: JSON.stringify(call.body),
    signal: call.abortSignal ?? null,
  });
  const rawResponse = raw(response);
  if (response.ok && call.responseType === "sse" && response.body !== null) {
    return { ok: true, body: response.body, rawResponse };
  }
  const body = parse(await response.text());
  if (!response.ok) {
    return { ok: false, error: { reason: "status-code", statusCode: response.status, body }, rawResponse };
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    return { ok: false, error: { reason: "non-json", statusCode: response.status, rawBody: "" }, rawResponse };
  }
  return { ok: true, body, rawResponse };
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

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function raw({ headers, redirected, status, statusText, type, url }: Response): Answer["rawResponse"] {
  return { headers, redirected, status, statusText, type, url };
}
