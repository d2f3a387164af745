/** Refusal in the words of the provider, thrown while a request is read and sent as it is. */
export class Refusal extends Error {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds until the request would pass a limit; Infinity when it never will. */
  readonly waitMs: number | undefined;

  constructor(
    status: number,
    body: Readonly<Record<string, unknown>>,
    headers: Readonly<Record<string, string>> = {},
    waitMs?: number,
  ) {
    super(`Expected a request that the API accepts, got one that it refuses with status ${status}.`);
    this.status = status;
    this.body = body;
    this.headers = headers;
    this.waitMs = waitMs;
  }
}
