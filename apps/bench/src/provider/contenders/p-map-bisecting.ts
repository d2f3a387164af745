import { APIError } from "openai";
import pMap from "p-map";
import { chunksOf } from "./chunks.ts";
import { gridOf, type Outcomes, type ProviderContender, type Vector } from "./contender.ts";
import { embedTexts, newClient } from "./openai-client.ts";
import { contender as plain, mapOptions, withRetry } from "./p-map.ts";

/** The same by hand with bisecting: a refused request is cut in halves until the text stands alone. */
export const contender: ProviderContender = {
  ...plain,
  refusedTextLoses: "itself",
  grids: {
    latency: gridOf({ concurrency: [4, 8, 12, 16], size: [50, 100, 200], retries: [10] }),
    quarter: gridOf({ concurrency: [1, 2, 3, 4], size: [50, 100, 200], retries: [10] }),
    pacedChat: gridOf({ concurrency: [12, 14, 16, 18, 20, 22, 24, 26, 28, 32, 40, 60], retries: [10] }),
    own: gridOf({ concurrency: [2, 4, 8, 16], size: [16, 64, 256], retries: [10] }),
  },
  async embed(texts, server, setting) {
    const client = newClient(server);
    const call = withRetry(setting, (chunk: readonly string[]) => embedTexts(client, chunk, server.dimensions));
    const bisect = async (chunk: readonly string[]): Promise<Outcomes<Vector>> => {
      try {
        return await call(chunk);
      } catch (error) {
        if (chunk.length === 1 || !isRefusal(error)) return chunk.map(() => error as Error);
        const middle = Math.ceil(chunk.length / 2);
        return [...(await bisect(chunk.slice(0, middle))), ...(await bisect(chunk.slice(middle)))];
      }
    };
    return (await pMap(chunksOf(texts, setting.size), bisect, mapOptions(setting))).flat();
  },
};

function isRefusal(error: unknown): boolean {
  return error instanceof APIError && (error.status === 400 || error.status === 413);
}
