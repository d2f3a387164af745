import { REQUEST_LIMITS } from "../workload.ts";
import type { Outcomes, Vector } from "./contender.ts";

/** Texts cut into requests of `size`, by those who leave that to the caller. @default what a request may hold */
export function chunksOf(
  texts: readonly string[],
  size: number = REQUEST_LIMITS.inputs,
): readonly (readonly string[])[] {
  return Array.from({ length: Math.ceil(texts.length / size) }, (_, chunk) =>
    texts.slice(chunk * size, (chunk + 1) * size),
  );
}

/** The vectors of all chunks in the order of their texts; each text of a chunk that failed holds its error. */
export function joinChunks(
  chunks: readonly (readonly string[])[],
  outcomes: Outcomes<readonly Vector[]>,
): Outcomes<Vector> {
  return outcomes.flatMap<Vector | Error>((outcome, chunk) =>
    outcome instanceof Error ? (chunks[chunk] as readonly string[]).map(() => outcome) : outcome,
  );
}

/** Outcomes of what `Promise.allSettled` and its like resolve with. */
export function outcomesOf<Output>(settled: readonly PromiseSettledResult<Output>[]): Outcomes<Output> {
  return settled.map((each) => (each.status === "fulfilled" ? each.value : (each.reason as Error)));
}
