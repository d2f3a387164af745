import pMap, { pMapSettled } from "p-map";
import { ALL, type Contender, FAIL_FAST, settledOutputs } from "./contender.ts";

const map: Contender = {
  name: "p-map pMap",
  package: "p-map",
  guarantees: FAIL_FAST,
  async run(inputs, work, concurrency) {
    const outputs = await pMap(inputs, work, { concurrency });
    return () => outputs;
  },
};

const settled: Contender = {
  name: "p-map pMapSettled",
  package: "p-map",
  guarantees: ALL,
  async run(inputs, work, concurrency) {
    const outcomes = await pMapSettled(inputs, work, { concurrency });
    return () => settledOutputs(outcomes);
  },
};

export const contenders: readonly Contender[] = [map, settled];
