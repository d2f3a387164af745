import PQueue from "p-queue";
import { chunksOf, joinChunks, outcomesOf } from "./chunks.ts";
import type { ProviderContender, Server, Setting, Vector } from "./contender.ts";
import { answerPrompt, embedTexts, newClient } from "./openai-client.ts";
import { PACED_GRIDS, requestsPerMinute } from "./pace.ts";

/** Queue without any limit as it comes; paced, it starts one request each interval. */
export const contender: ProviderContender = {
  package: "p-queue",
  refusedTextLoses: "its request",
  grids: PACED_GRIDS,
  async embed(texts, server, setting) {
    const client = newClient(server, setting.retries);
    const chunks = chunksOf(texts, setting.size);
    const queue = newQueue(server, chunks, setting);
    const call = (chunk: readonly string[]): Promise<Vector[]> => embedTexts(client, chunk, server.dimensions);
    const settled = await Promise.allSettled(chunks.map((chunk) => queue.add(() => call(chunk))));
    return joinChunks(chunks, outcomesOf(settled));
  },
  async chat(prompts, server, setting) {
    const client = newClient(server, setting.retries);
    const queue = newQueue(server, prompts, setting);
    return outcomesOf(await Promise.allSettled(prompts.map((prompt) => queue.add(() => answerPrompt(client, prompt)))));
  },
};

function newQueue(server: Server, requests: readonly (string | readonly string[])[], { share }: Setting): PQueue {
  if (share === undefined || requests.length === 0) return new PQueue();
  return new PQueue({ intervalCap: 1, interval: 60_000 / requestsPerMinute(server, requests, share) });
}
