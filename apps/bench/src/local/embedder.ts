import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { NODE_FLAGS } from "../memory.ts";

/** Who turns texts into vectors: Batchwise's package, or the package that the model comes from, as shipped. */
export type EmbedderKind = "batchwise" | "energetic-ai";

/** Texts to embed, and how many of them go into one call. */
export interface EmbedRequest {
  readonly texts: readonly string[];
  readonly size: number;
}

/** Vectors, the time they took, and the most memory that the process has held since it started. */
export interface EmbedAnswer {
  readonly vectors: readonly Float32Array[];
  readonly milliseconds: number;
  readonly peakBytes: number;
}

/** An embedder in a process of its own, loaded and idle until it is asked. */
export class Embedder implements Disposable {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Starts the process and waits until its model is loaded. */
  static async start(kind: EmbedderKind): Promise<Embedder> {
    const child = fork(new URL("embedder-process.ts", import.meta.url), [kind], {
      execArgv: [...NODE_FLAGS],
      serialization: "advanced",
    });
    const embedder = new Embedder(child);
    await embedder.#message();
    return embedder;
  }

  /** Embeds the texts. One request at a time. */
  async embed(request: EmbedRequest): Promise<EmbedAnswer> {
    const answer = this.#message();
    this.#child.send(request);
    return (await answer) as EmbedAnswer;
  }

  [Symbol.dispose](): void {
    this.#child.kill();
  }

  /** The next message; rejects when the process ends instead. Its own error is on stderr. */
  async #message(): Promise<unknown> {
    const stop = new AbortController();
    const ended = once(this.#child, "exit", { signal: stop.signal }).then(([code]) => {
      throw new Error(`An embedder was to answer, and its process ended with ${code ?? "a signal"}.`);
    });
    try {
      const [message] = (await Promise.race([
        once(this.#child, "message", { signal: stop.signal }),
        ended,
      ])) as unknown[];
      return message;
    } finally {
      stop.abort();
      ended.catch(() => {});
    }
  }
}
