import { RunnableLambda } from "@langchain/core/runnables";
import { ALL, type Contender } from "./contender.ts";

export const contenders: readonly Contender[] = [
  {
    name: "LangChain RunnableLambda.batch",
    package: "@langchain/core",
    guarantees: ALL,
    async run(inputs, work, maxConcurrency) {
      const lambda = RunnableLambda.from((input: number) => work(input));
      const outputs = await lambda.batch([...inputs], { maxConcurrency }, { returnExceptions: true });
      return () => outputs;
    },
  },
];
