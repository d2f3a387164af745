import { type AsyncResultIterator, mapLimit, reflect } from "async";
import { ALL, type Contender, FAIL_FAST } from "./contender.ts";

/** Outcome of one call by `async.reflect`. */
type Reflected = { readonly value: number } | { readonly error: Error };

const plain: Contender = {
  name: "async.mapLimit",
  package: "async",
  guarantees: FAIL_FAST,
  async run(inputs, work, concurrency) {
    const outputs = await mapLimit<number, number>(inputs as number[], concurrency, work);
    return () => outputs;
  },
};

const reflected: Contender = {
  name: "async.mapLimit + reflect",
  package: "async",
  guarantees: ALL,
  async run(inputs, work, concurrency) {
    // The types allow only tasks without an input; the function passes any arguments on.
    const reflectedWork = reflect(work as never) as unknown as AsyncResultIterator<number, Reflected>;
    const outcomes = await mapLimit<number, Reflected>(inputs as number[], concurrency, reflectedWork);
    return () => outcomes.map((each) => ("error" in each ? each.error : each.value));
  },
};

export const contenders: readonly Contender[] = [plain, reflected];
