import { looksLikeEvents, parseBody } from "@batchwise/adapter-kit";
import { BatchwiseError } from "@batchwise/core";
import { badConnection, eventStream, noBody, notJson, tooLarge } from "./errors.ts";
import type { FetchAs } from "./options.ts";

/** Way in which a body is read. */
export interface Reading {
  readonly as: FetchAs;
  readonly maxBytes: number;
  /** True where the request may be sent again. */
  readonly repeatable: boolean;
}

/**
 * Makes of a response what `as` says. Its body has been read or dropped afterwards.
 *
 * @throws ResultError for a body that is too long, or none where JSON should be
 * @throws ProviderError for a body that breaks off, or that is not JSON
 * @throws whatever a function of the caller's throws
 */
export async function read(response: Response, reading: Reading): Promise<unknown> {
  const { as, maxBytes } = reading;
  if (response.body !== null && Number(response.headers.get("content-length")) > maxBytes) {
    drop(response);
    throw tooLarge(maxBytes);
  }
  if (typeof as === "function") {
    const guarded = guard(response, reading);
    try {
      return await as(guarded);
    } finally {
      drop(guarded);
    }
  }
  const bytes = await bytesOf(maxBytes === Infinity ? response : guard(response, reading), reading);
  if (as === "bytes") return bytes;
  const text = new TextDecoder().decode(bytes);
  return as === "text" ? text : parse(text, response, reading);
}

/** Ends what is left of a body, so that its connection can be used again. */
export function drop(response: Response): void {
  if (response.body === null || response.body.locked) return;
  // It may have failed already, which changes nothing.
  response.body.cancel().catch(() => undefined);
}

async function bytesOf(response: Response, { repeatable }: Reading): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch (thrown) {
    throw BatchwiseError.isInstance(thrown) ? thrown : badConnection(thrown, repeatable);
  }
}

/** The same response with a body that fails in our words, and as soon as it is longer than `maxBytes`. */
function guard(response: Response, { maxBytes, repeatable }: Reading): Response {
  if (response.body === null) return response;
  const reader = response.body.getReader();
  let bytes = 0;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const chunk = await reader.read().catch((thrown: unknown) => {
        throw badConnection(thrown, repeatable);
      });
      if (chunk.done) {
        controller.close();
        return;
      }
      bytes += chunk.value.byteLength;
      if (bytes > maxBytes) {
        reader.cancel().catch(() => undefined);
        throw tooLarge(maxBytes);
      }
      controller.enqueue(chunk.value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
  const guarded = new Response(body, { headers: response.headers });
  // What a new Response cannot be given, or not with every value that servers send.
  const { url, redirected, status, statusText, ok, type } = response;
  return Object.defineProperties(
    guarded,
    Object.fromEntries(
      Object.entries({ url, redirected, status, statusText, ok, type }).map(([name, value]) => [name, { value }]),
    ),
  );
}

/** Statuses of responses without a body. */
const EMPTY: ReadonlySet<number> = new Set([204, 205, 304]);

function parse(text: string, { status, headers }: Response, { repeatable }: Reading): unknown {
  const value = parseBody(text);
  if (value !== undefined) return value;
  if (text === "" && EMPTY.has(status)) throw noBody(status);
  const isStream = headers.get("content-type")?.startsWith("text/event-stream") || looksLikeEvents(text);
  throw isStream ? eventStream(status) : notJson(status, repeatable);
}
