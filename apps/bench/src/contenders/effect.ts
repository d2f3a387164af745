import { Effect, Result } from "effect";
import type { Work } from "../floor.ts";
import { ALL, type Contender, FAIL_FAST } from "./contender.ts";

const forEach: Contender = {
  name: "Effect.forEach",
  package: "effect",
  guarantees: FAIL_FAST,
  async run(inputs, work, concurrency) {
    const outputs = await Effect.runPromise(Effect.forEach(inputs, (input) => attempt(work, input), { concurrency }));
    return () => outputs;
  },
};

const forEachResult: Contender = {
  name: "Effect.forEach + result",
  package: "effect",
  guarantees: ALL,
  async run(inputs, work, concurrency) {
    const results = await Effect.runPromise(
      Effect.forEach(inputs, (input) => Effect.result(attempt(work, input)), { concurrency }),
    );
    return () => results.map((each) => (Result.isSuccess(each) ? each.success : each.failure));
  },
};

export const contenders: readonly Contender[] = [forEach, forEachResult];

function attempt(work: Work, input: number): Effect.Effect<number, Error> {
  return Effect.tryPromise({ try: () => work(input), catch: (error) => error as Error });
}
