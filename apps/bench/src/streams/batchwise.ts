import { bulkRunnable } from "@batchwise/core";
import type { StreamContender } from "./stream-contender.ts";

export const contenders: readonly StreamContender[] = [
  {
    name: "Batchwise batchAsCompleted",
    package: "@batchwise/core",
    survives: true,
    run: (texts, bulk, { size, inFlight }) =>
      bulkRunnable(bulk, {
        maxConcurrency: inFlight,
        request: { maxInputs: size },
      }).batchAsCompleted(texts),
  },
];
