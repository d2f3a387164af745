import { ArgumentError, type Clock, type JobCallOptions, ProviderError, systemClock } from "@batchwise/core";
import { BASE_URL, type CohereClientLike } from "../client.ts";
import { TIMEOUT_MS } from "../limits.ts";
import type { CohereOptions } from "../options.ts";
import { send, type SdkOptions } from "../send.ts";
import { within } from "./within.ts";

/** What a job's calls need. */
export interface JobConnection {
  readonly client: CohereClientLike;
  /** Where the client sends to, where that is known. */
  readonly host: string;
  /** Downloads what a batch has written. */
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly timeoutMs: number;
}

/** With the options of the Runnable that the jobs are for. */
export function jobConnection(
  client: CohereClientLike,
  options: Pick<CohereOptions, "baseURL" | "client" | "fetch" | "clock" | "timeoutMs">,
): JobConnection {
  const { baseURL = BASE_URL, clock = systemClock, timeoutMs = TIMEOUT_MS } = options;
  return {
    client,
    host: options.client === undefined ? new URL(baseURL).host : "",
    fetch: (input, init) => (options.fetch ?? fetch)(input, init),
    clock,
    timeoutMs,
  };
}

/** The parts of a client that jobs use. */
export type JobClient = Required<Pick<CohereClientLike, "batches" | "datasets">>;

/** @throws ArgumentError for a client without batches, such as a CohereClient's `v2` */
export function jobClientOf({ batches, datasets }: CohereClientLike): JobClient {
  if (batches !== undefined && datasets !== undefined) return { batches, datasets };
  throw new ArgumentError(
    "Expected `client` to have `batches` and `datasets` for offline jobs. Give a CohereClientV2, or a CohereClient.",
  );
}

/** What a call of the SDK is made with. */
type Start<Data> = Parameters<typeof send<Data>>[0];

/** Makes one call that has no inputs to blame: it is about datasets and batches. @throws ProviderError or TimeoutError */
export async function callSdk<Data>(
  { timeoutMs }: JobConnection,
  start: (options: SdkOptions) => ReturnType<Start<Data>>,
  options: JobCallOptions,
): Promise<Data> {
  try {
    return await within(timeoutMs, options.signal, (signal) => send(start, { signal }, () => undefined));
  } catch (thrown) {
    if (!ProviderError.isInstance(thrown) || thrown.code !== "invalid_input") throw thrown;
    const { status, requestId } = thrown;
    throw new ProviderError(
      `Cohere refuses a dataset or a batch (${status ?? "no status"}). Check the model, the options and \`baseURL\`.`,
      {
        code: "invalid_argument",
        retryable: false,
        ...(status === undefined ? {} : { status }),
        ...(requestId === undefined ? {} : { requestId }),
      },
    );
  }
}
