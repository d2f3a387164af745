import { Effect, Layer, Result, Schedule } from "effect";
import { RateLimiter } from "effect/persistence";
import { chunksOf, joinChunks } from "./chunks.ts";
import type { Outcomes, ProviderContender, Server, Setting, Vector } from "./contender.ts";
import { answerPrompt, embedTexts, isTransient, newClient } from "./openai-client.ts";
import { PACED_GRIDS, tokensIn } from "./pace.ts";

/**
 * `RateLimiter` with the provider's limits, for requests and for tokens. As it comes: the window of a minute and the
 * algorithm of its documentation's example. With a share: buckets of a second, which do not begin with a burst, and
 * retries that pass the limiter again.
 */
export const contender: ProviderContender = {
  package: "effect",
  refusedTextLoses: "its request",
  grids: PACED_GRIDS,
  async embed(texts, server, setting) {
    const client = newClient(server, setting.retries === undefined ? undefined : 0);
    const chunks = chunksOf(texts, setting.size);
    const call = (chunk: readonly string[]): Promise<Vector[]> => embedTexts(client, chunk, server.dimensions);
    return joinChunks(chunks, await runLimited(chunks, server, setting, call));
  },
  async chat(prompts, server, setting) {
    const client = newClient(server, setting.retries === undefined ? undefined : 0);
    return runLimited(prompts, server, setting, (prompt) => answerPrompt(client, prompt));
  },
};

function runLimited<Request extends string | readonly string[], Output>(
  requests: readonly Request[],
  { limits }: Server,
  setting: Setting,
  call: (request: Request) => Promise<Output>,
): Promise<Outcomes<Output>> {
  const paced = (perMinute: number): Window =>
    setting.share === undefined
      ? { limit: perMinute, window: "1 minute", algorithm: "fixed-window" }
      : { limit: Math.floor((setting.share * perMinute) / 60), window: "1 second", algorithm: "token-bucket" };
  const program = Effect.gen(function* () {
    const limited = yield* RateLimiter.makeWithRateLimiter;
    const results = yield* Effect.forEach(
      requests,
      (request) =>
        Effect.tryPromise({ try: () => call(request), catch: (error) => error as Error }).pipe(
          limited({ key: "requests", onExceeded: "delay", ...paced(limits.requestsPerMinute) }),
          limited({ key: "tokens", onExceeded: "delay", tokens: tokensIn(request), ...paced(limits.tokensPerMinute) }),
          Effect.retry({
            times: setting.retries ?? 0,
            schedule: Schedule.exponential("500 millis"),
            while: isTransient,
          }),
          Effect.result,
        ),
      { concurrency: "unbounded" },
    );
    return results.map((result) => (Result.isSuccess(result) ? result.success : result.failure));
  });
  return Effect.runPromise(
    program.pipe(Effect.provide(RateLimiter.layer.pipe(Layer.provide(RateLimiter.layerStoreMemory)))),
  );
}

interface Window {
  readonly limit: number;
  readonly window: "1 second" | "1 minute";
  readonly algorithm: "fixed-window" | "token-bucket";
}
