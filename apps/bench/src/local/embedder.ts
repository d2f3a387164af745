import { Child } from "../child.ts";

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

  /** Embeds the texts. One request at a time. */
  async embed(request: EmbedRequest): Promise<EmbedAnswer> {
    return this.#child.ask<EmbedAnswer>(request);
  }

  [Symbol.dispose](): void {
    this.#child[Symbol.dispose]();
  }
}
