import { REQUEST_LIMITS } from "../workload.ts";
import type { Outcomes, Vector } from "./contender.ts";

/** Cuts texts into requests of `size`, for contenders that leave it to the caller. @default what a request may hold */
export function chunksOf(
  texts: readonly string[],
  size: number = REQUEST_LIMITS.inputs,
): readonly (readonly string[])[] {
  return Array.from({ length: Math.ceil(texts.length / size) }, (_, chunk) =>
    texts.slice(chunk * size, (chunk + 1) * size),
  );
}

/** Vectors of all chunks in the order of their texts; each text of a failed chunk gets its error. */
export function joinChunks(
  chunks: readonly (readonly string[])[],
  outcomes: Outcomes<readonly Vector[]>,
): Outcomes<Vector> {
  return outcomes.flatMap<Vector | Error>((outcome, chunk) =>
    outcome instanceof Error ? (chunks[chunk] as readonly string[]).map(() => outcome) : outcome,
  );
}

/** Outcomes from the results of `Promise.allSettled` and the like. */
export function outcomesOf<Output>(settled: readonly PromiseSettledResult<Output>[]): Outcomes<Output> {
  return settled.map((each) => (each.status === "fulfilled" ? each.value : (each.reason as Error)));
}
