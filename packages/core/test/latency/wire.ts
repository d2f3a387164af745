import {
  type Clock,
  bulkRunnable,
  type CallOptions,
  codeOf,
  rateLimiter,
  type Runnable,
  runnable,
} from "@batchwise/core";
import type { Answer, Server } from "./server.ts";
import { type Text, tokensIn } from "./texts.ts";

/** Request that a server has answered. */
export interface Answered {
  readonly at: number;
  readonly inputs: number;
  readonly tokens: number;
  readonly ms: number;
  readonly error: Error | undefined;
}

/** Way between an adapter and a server. Notes what passes. */
export class Wire {
  sent = 0;
  readonly answered: Answered[] = [];
  readonly #clock: Clock;
  readonly #server: Server;

  constructor(clock: Clock, server: Server) {
    this.#clock = clock;
    this.#server = server;
  }

  /** Requests that were refused by a limit. */
  get refused(): number {
    return this.answered.filter(({ error }) => codeOf(error) === "rate_limited").length;
  }

  readonly send = (texts: readonly Text[], { report, signal }: CallOptions): Promise<Text[]> => {
    this.sent++;
    const start = this.#clock.now();
    const tokens = tokensIn(texts);
    return new Promise((resolve, reject) => {
      const hangUp = this.#server.send(texts, ({ error, limits }: Answer) => {
        signal?.removeEventListener("abort", onAbort);
        const at = this.#clock.now();
        this.answered.push({ at, inputs: texts.length, tokens, ms: at - start, error });
        report?.({ limits, usage: error === undefined ? { inputTokens: tokens } : undefined });
        if (error === undefined) resolve([...texts]);
        else reject(error);
      });
      const onAbort = (): void => {
        hangUp();
        reject(signal?.reason as Error);
      };
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  };
}

/** Embeddings adapter with the settings of `OpenAIEmbeddings`, where nothing is configured. */
export function embeddings(wire: Wire, clock: Clock, timeoutMs: number = 600_000): Runnable<Text, Text> {
  return bulkRunnable(wire.send, {
    limiter: rateLimiter({ clock, concurrency: 5 }),
    maxConcurrency: 64,
    weigh: ({ bytes }: Text) => ({ tokens: bytes }),
    request: { maxInputs: 2048, maxTokens: 300_000 },
    retry: { attempts: 6 },
    timeoutMs,
  });
}

/** Chat adapter with the settings of `OpenAIChat`, where nothing is configured. */
export function chat(wire: Wire, clock: Clock): Runnable<Text, Text> {
  const answer = async (prompt: Text, options: CallOptions): Promise<Text> => (await wire.send([prompt], options))[0]!;
  return runnable(answer, {
    limiter: rateLimiter({ clock, concurrency: 5 }),
    maxConcurrency: 256,
    weigh: ({ bytes }: Text) => ({ tokens: bytes }),
    retry: { attempts: 6 },
    timeoutMs: 600_000,
  });
}
