import { runnable } from "@batchwise/core";
import { ALL, type Contender, FAIL_FAST } from "./contender.ts";

const batch: Contender = {
  name: "Batchwise batch",
  package: "@batchwise/core",
  guarantees: ALL,
  async run(inputs, work, maxConcurrency) {
    const outputs = await runnable(work).batch(inputs, { maxConcurrency, returnExceptions: true });
    return () => outputs;
  },
};

const failFast: Contender = {
  name: "Batchwise batch, fail-fast",
  package: "@batchwise/core",
  guarantees: FAIL_FAST,
  async run(inputs, work, maxConcurrency) {
    const outputs = await runnable(work).batch(inputs, { maxConcurrency });
    return () => outputs;
  },
};

export const contenders: readonly Contender[] = [
  batch,
  { ...batch, name: "Batchwise batch, 1 % fail", failing: true },
  failFast,
];
