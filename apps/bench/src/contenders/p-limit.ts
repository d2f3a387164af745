import pLimit from "p-limit";
import { ALL, type Contender, settledOutputs } from "./contender.ts";

export const contenders: readonly Contender[] = [
  {
    name: "p-limit + allSettled",
    package: "p-limit",
    guarantees: ALL,
    async run(inputs, work, concurrency) {
      const limit = pLimit(concurrency);
      const settled = await Promise.allSettled(inputs.map((input) => limit(work, input)));
      return () => settledOutputs(settled);
    },
  },
];
