import { loopByHand } from "../floor.ts";
import { ALL, type Contender } from "./contender.ts";

const handWritten: Contender = {
  name: "hand-written loop",
  package: undefined,
  guarantees: ALL,
  async run(inputs, work, concurrency) {
    const outcomes = await loopByHand(inputs, work, concurrency);
    return () => outcomes.map((each) => (each.status === "fulfilled" ? each.value : each.reason));
  },
};

export const contenders: readonly Contender[] = [
  handWritten,
  { ...handWritten, name: "hand-written loop, 1 % fail", failing: true },
];
