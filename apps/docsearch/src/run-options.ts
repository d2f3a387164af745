import type { Clock } from "@batchwise/core";
import type { Console } from "./console.ts";
import type { OpenEmbedder } from "./embedder.ts";
import type { Folders } from "./folders.ts";
import type { Reranker } from "./reranker.ts";

/** What one run is to do. */
export interface RunOptions {
  readonly folders: Folders;
  /** Whether `folders.documents` is the project's own node_modules, which the built-in questions are about. */
  readonly ownDocuments: boolean;
  /** Questions to answer; with none, the run shows what it can do. */
  readonly questions: readonly string[];
  /** Passages to search at most. */
  readonly limit: number;
  /** Documents shown for a question. */
  readonly top: number;
  readonly evaluate: boolean;
  /** Whether the strategies are compared. @default true, unless the embedder costs money */
  readonly compare?: boolean | undefined;
  /** Forgets what was embedded before. */
  readonly rebuild: boolean;
  /** Answers as JSON. */
  readonly json: boolean;
  /** A file that keeps what was embedded beside any index. @default none */
  readonly cache?: string | undefined;
  /** Embeds documents by the provider's offline jobs. @default false */
  readonly offline?: boolean | undefined;
  /** Embeds documents by workers. @default none */
  readonly workers?: Workers | undefined;
  /** Dollars that the run may cost. @default Infinity */
  readonly maxCost?: number | undefined;
}

/** Who embeds documents in this process's stead. */
export interface Workers {
  readonly count: number;
  /** Where they meet. @default a database of this process alone, so that they run in it */
  readonly databaseURL: string | undefined;
  /** Which embedder they open, as JSON of a ProviderChoice. */
  readonly embedding: string;
}

/** What a run needs of its surroundings. */
export interface Surroundings {
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
