import type { RateLimitFacts } from "@batchwise/core";
import type { Text } from "./texts.ts";

/** Answer of a server: the texts are done, or an error. */
export interface Answer {
  readonly error?: Error;
  /** Limits in its headers. */
  readonly limits?: RateLimitFacts;
  /** Tokens that it counted. @default those of the texts, and none for an error */
  readonly tokens?: number;
}

/** Server on a clock of tests. */
export interface Server {
  /** Takes a request, and calls `done` once with the answer. Returns what hangs up. */
  send(texts: readonly Text[], done: (answer: Answer) => void): () => void;
}
