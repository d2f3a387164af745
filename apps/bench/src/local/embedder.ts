import { Child } from "../child.ts";

/** Package that turns texts into vectors: Batchwise's, or the one that ships the model. */
export type EmbedderKind = "batchwise" | "energetic-ai";

/** Texts to embed, and the number of texts in one call. */
export interface EmbedRequest {
  readonly texts: readonly string[];
  readonly size: number;
}

/** Vectors, their time, and the peak memory of the process since its start. */
export interface EmbedAnswer {
  readonly vectors: readonly Float32Array[];
  readonly milliseconds: number;
  readonly peakBytes: number;
}

/** Embedder in its own process, loaded and idle until a request. */
export class Embedder implements Disposable {
  readonly #child: Child;

  private constructor(child: Child) {
    this.#child = child;
  }

  /** Starts the process and waits until its model is loaded. */
  static async start(kind: EmbedderKind): Promise<Embedder> {
    const child = new Child(kind, new URL("embedder-process.ts", import.meta.url), { argument: kind });
    await child.answer();
    return new Embedder(child);
  }

  /** Embeds the texts, one request at a time. */
  async embed(request: EmbedRequest): Promise<EmbedAnswer> {
    return this.#child.ask<EmbedAnswer>(request);
  }

  [Symbol.dispose](): void {
    this.#child[Symbol.dispose]();
  }
}
