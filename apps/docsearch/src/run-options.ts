import type { Clock } from "@batchwise/core";
import type { Console } from "./console.ts";
import type { OpenEmbedder } from "./embedder.ts";
import type { Folders } from "./folders.ts";
import type { Reranker } from "./reranker.ts";

/** Options of one run. */
export interface RunOptions {
  readonly folders: Folders;
  /** True when `folders.documents` is the project's own node_modules, the subject of the built-in questions. */
  readonly ownDocuments: boolean;
  /** Questions to answer; without any, the run shows examples. */
  readonly questions: readonly string[];
  /** Maximum number of passages to search. @default all */
  readonly limit?: number | undefined;
  /** Documents shown for a question. */
  readonly top: number;
  readonly evaluate: boolean;
  /** Compares the strategies. @default true, unless the embedder costs money */
  readonly compare?: boolean | undefined;
  /** Embeds everything again. */
  readonly rebuild: boolean;
  /** Answers as JSON. */
  readonly json: boolean;
  /** File that keeps what was embedded, besides the index. @default none */
  readonly cache?: string | undefined;
  /** Embeds documents by the provider's offline jobs. @default false */
  readonly offline?: boolean | undefined;
  /** Embeds documents by workers. @default none */
  readonly workers?: Workers | undefined;
  /** Dollars that the run may cost. @default Infinity */
  readonly maxCost?: number | undefined;
}

/** Workers that embed documents instead of this process. */
export interface Workers {
  readonly count: number;
  /** Shared database. @default an embedded one, with workers in this process */
  readonly databaseURL: string | undefined;
  /** Embedder of the workers, as JSON of a ProviderChoice. */
  readonly embedding: string;
}

/** Console, adapters and signals of a run. */
export interface RunContext {
  readonly console: Console;
  readonly openEmbedder: OpenEmbedder;
  readonly reranker?: Reranker | undefined;
  /** Aborted: finish what is in flight, save it, and stop. */
  readonly drain: AbortSignal;
  /** Aborted: stop at once. */
  readonly signal: AbortSignal;
  /** Time, for tests. @default the machine's clock */
  readonly clock?: Clock;
}
