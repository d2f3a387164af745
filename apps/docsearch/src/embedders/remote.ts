import { type BatchOptions, type Clock, type Runnable, runnable } from "@batchwise/core";
import { type Embedder, identityOf, type OpenEmbedder } from "../embedder.ts";

/** What the user chose of a provider's model. */
export interface ModelChoice {
  /** @default the provider's own default here */
  readonly model?: string | undefined;
  /** Length of each vector, where the model lets it be chosen. @default the model's own */
  readonly dimensions?: number | undefined;
}

/** What a provider's model is made with. */
export interface Sources {
  /** Where the keys are. */
  readonly environment: NodeJS.ProcessEnv;
  /** Time, for tests. @default the machine's clock */
  readonly clock?: Clock | undefined;
}

/** A provider's model, before anything was sent to it. */
export interface RemoteModel {
  readonly provider: "OpenAI" | "Cohere";
  readonly model: string;
  /** Undefined where the model is not known here: its first answer tells. */
  readonly dimensions: number | undefined;
  /** The address of the server, where one was chosen. */
  readonly baseURL: string | undefined;
  readonly documents: Runnable<string, Float32Array>;
  readonly questions: Runnable<string, Float32Array>;
}

/** How a provider's model is opened. Nothing is sent for one whose dimensions are known. */
export function remoteEmbedder(remote: RemoteModel): OpenEmbedder {
  return async (say, options): Promise<Embedder> => {
    const { provider, model, baseURL, documents, questions } = remote;
    const dimensions = remote.dimensions ?? (await askDimensions(remote, say, options()));
    // The same name on another server may stand for another model.
    const host = baseURL === undefined ? undefined : otherHost(baseURL, provider);
    return {
      name: model,
      identity: identityOf(provider.toLowerCase(), ...(host === undefined ? [] : [host]), model, dimensions),
      dimensions,
      place: host === undefined ? `by ${provider}` : `by ${host}`,
      isPaid: true,
      documents,
      questions,
      close: () => Promise.resolve(),
    };
  };
}

const HOME_HOSTS: Readonly<Record<RemoteModel["provider"], string>> = {
  OpenAI: "api.openai.com",
  Cohere: "api.cohere.com",
};

/** Undefined for the provider's own. */
function otherHost(baseURL: string, provider: RemoteModel["provider"]): string | undefined {
  const { host } = new URL(baseURL);
  return host === HOME_HOSTS[provider] ? undefined : host;
}

async function askDimensions(
  { model, documents }: RemoteModel,
  say: (text: string) => void,
  options: BatchOptions,
): Promise<number> {
  say(`${model} is not known here: one word is sent to learn the length of its vectors`);
  const { limiter, retry, timeoutMs } = documents.settings ?? {};
  // Beside the Runnable, which would take one word's bytes and tokens for those of any text.
  const single = runnable((text: string, call) => documents.invoke(text, call), {
    ...(limiter !== undefined && { limiter }),
    ...(retry !== undefined && { retry }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
  const [vector] = await single.batch(["length"], { ...options, returnExceptions: false });
  if (vector === undefined || vector.length === 0) throw new Error(`Expected a vector from ${model}, came none.`);
  return vector.length;
}
