import { pMapSettled } from "p-map";
import pRetry from "p-retry";
import { chunksOf, joinChunks, outcomesOf } from "./chunks.ts";
import { gridOf, type ProviderContender, type Setting } from "./contender.ts";
import { answerPrompt, embedTexts, isTransient, newClient } from "./openai-client.ts";

/** The SDK's own retries, which respect Retry-After, and around them those of p-retry, as in most programs. */
export const contender: ProviderContender = {
  package: "p-map",
  refusedTextLoses: "its request",
  grids: {
    embed: gridOf({ concurrency: [1, 2, 4], size: [512, 2048], retries: [10] }),
    faulty: gridOf({ concurrency: [2, 8], size: [64, 256, 2048], retries: [10] }),
    chat: gridOf({ concurrency: [10, 20, 30, 60], retries: [10] }),
  },
  async embed(texts, server, setting) {
    const client = newClient(server);
    const chunks = chunksOf(texts, setting.size);
    const call = withRetry(setting, (chunk: readonly string[]) => embedTexts(client, chunk, server.dimensions));
    return joinChunks(chunks, outcomesOf(await pMapSettled(chunks, call, mapOptions(setting))));
  },
  async chat(prompts, server, setting) {
    const client = newClient(server);
    const call = withRetry(setting, (prompt: string) => answerPrompt(client, prompt));
    return outcomesOf(await pMapSettled(prompts, call, mapOptions(setting)));
  },
};

/** Options of p-map for a setting. */
export function mapOptions({ concurrency }: Setting): { readonly concurrency?: number } {
  return concurrency === undefined ? {} : { concurrency };
}

/** Retries transient errors. Without `shouldRetry` a refused text would be retried for a quarter of an hour. */
export function withRetry<Input, Output>(
  { retries }: Setting,
  call: (input: Input) => Promise<Output>,
): (input: Input) => Promise<Output> {
  return (input) =>
    pRetry(() => call(input), {
      shouldRetry: ({ error }) => isTransient(error),
      ...(retries !== undefined && { retries }),
    });
}
