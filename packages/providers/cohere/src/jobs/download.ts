import { type JobCallOptions, ProviderError } from "@batchwise/core";
import { brokenOff } from "../errors.ts";
import type { JobConnection } from "./connection.ts";
import { within } from "./within.ts";

/**
 * The body of a download. Its address is signed, which makes it a secret: it stays out of every error, and the key stays
 * out of the request.
 *
 * @throws ProviderError, TimeoutError or the signal's reason
 */
export async function download(
  { fetch: fetchFunction, timeoutMs }: JobConnection,
  url: string,
  { signal }: JobCallOptions,
): Promise<Response> {
  let response: Response;
  try {
    response = await within(timeoutMs, signal, (linked) => fetchFunction(url, { signal: linked }));
  } catch (thrown) {
    signal?.throwIfAborted();
    throw ProviderError.isInstance(thrown) ? thrown : brokenOff(thrown);
  }
  if (response.ok) return response;
  await response.body?.cancel();
  const { status } = response;
  throw new ProviderError(
    `Expected a part of the batch's output, came status ${status}. Try again: its address is made anew each time.`,
    { status, retryable: true },
  );
}
