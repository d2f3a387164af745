import PQueue from "p-queue";
import { ALL, type Contender, settledOutputs } from "./contender.ts";

export const contenders: readonly Contender[] = [
  {
    name: "p-queue + allSettled",
    package: "p-queue",
    guarantees: ALL,
    async run(inputs, work, concurrency) {
      const queue = new PQueue({ concurrency });
      const settled = await Promise.allSettled(inputs.map((input) => queue.add(() => work(input))));
      return () => settledOutputs(settled);
    },
  },
];
