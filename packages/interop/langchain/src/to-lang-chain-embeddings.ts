import { requireMethods } from "@batchwise/adapter-kit";
import { type BatchOptions, invokeThroughBatch, type Runnable } from "@batchwise/core";
import { Embeddings } from "@langchain/core/embeddings";
import { forLangChain } from "./errors.ts";

/** Options of `toLangChainEmbeddings`: how each batch runs, and what embeds questions. */
export interface ToLangChainEmbeddingsOptions<Vector extends ArrayLike<number> = Float32Array> extends Omit<
  BatchOptions<string, Vector>,
  "returnExceptions"
> {
  /**
   * Embeds questions (`embedQuery`), for models that tell them from documents.
   * @default the Runnable that embeds documents
   */
  readonly query?: Runnable<string, Vector>;
}

/**
 * A Runnable that makes vectors as a LangChain Embeddings, for vector stores and retrievers. `embedDocuments` is one
 * `batch`: the engine packs, retries and keeps to the limits.
 *
 * @throws ArgumentError where `documents` is not a Runnable
 *
 * @example
 * const store = new MemoryVectorStore(toLangChainEmbeddings(documents, { query: questions }));
 */
export function toLangChainEmbeddings<Vector extends ArrayLike<number>>(
  documents: Runnable<string, Vector>,
  options: ToLangChainEmbeddingsOptions<Vector> = {},
): BatchwiseEmbeddings<Vector> {
  return new BatchwiseEmbeddings(documents, options);
}

/** Embeddings of LangChain that `toLangChainEmbeddings` makes. */
export class BatchwiseEmbeddings<Vector extends ArrayLike<number> = Float32Array> extends Embeddings {
  readonly #documents: Runnable<string, Vector>;
  readonly #query: Runnable<string, Vector>;
  readonly #options: BatchOptions<string, Vector>;

  /** @throws ArgumentError where `documents` or `query` is not a Runnable */
  constructor(documents: Runnable<string, Vector>, options: ToLangChainEmbeddingsOptions<Vector> = {}) {
    super({ maxRetries: 0 });
    const { query = documents, ...batchOptions } = options;
    for (const each of [documents, query]) requireMethods(each, ["invoke", "batch"], "a Runnable of Batchwise");
    this.#documents = documents;
    this.#query = query;
    this.#options = batchOptions;
  }

  /**
   * A vector for each document, in their order.
   *
   * @throws BatchError at the first failure; vectors that were finished by then are in its `outcomes`
   */
  override async embedDocuments(documents: string[]): Promise<number[][]> {
    const vectors = await this.#documents.batch(documents, { ...this.#options, returnExceptions: false });
    return vectors.map((vector) => Array.from(vector));
  }

  /** @throws what the question failed with */
  override async embedQuery(document: string): Promise<number[]> {
    try {
      return Array.from(await invokeThroughBatch(this.#query, document, this.#options));
    } catch (error) {
      throw error instanceof Error ? forLangChain(error) : error;
    }
  }
}
