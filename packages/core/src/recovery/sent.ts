import type { ErrorFacts } from "../contract/error-facts.ts";
import type { Chunk } from "../engine/intake/chunk.ts";

/** Part that is known to hold a bad input, and what its failure said. */
export interface BadPart<Input> {
  readonly chunk: Chunk<Input>;
  readonly facts: ErrorFacts;
  /** Inputs of the request that failed: of these, the others passed. */
  readonly sent: number;
}

/** Result of a part that was sent. */
export interface Sent<Input> {
  /** True where every input of the part succeeded. */
  readonly isClean: boolean;
  readonly bad?: BadPart<Input>;
}

export const CLEAN: Sent<never> = { isClean: true };
export const UNCLEAN: Sent<never> = { isClean: false };
