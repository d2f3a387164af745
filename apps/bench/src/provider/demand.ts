import type { Demand } from "./bound.ts";
import type { EmulatorProcess } from "./emulator.ts";
import { answerPlainly, embedPlainly } from "./plain.ts";
import { goodInputsOf, type Workload } from "./workload.ts";

/** Nobody looks at these vectors. */
const DIMENSIONS = 8;

/** What the emulator counts for the whole work, each input that has an answer sent once and nothing in the way. */
export async function measureDemand(
  emulator: EmulatorProcess,
  workload: Workload,
  items: number,
  seed: number,
): Promise<Demand> {
  const inputs = goodInputsOf(workload, items, seed);
  await emulator.reset();
  await (workload.kind === "chat"
    ? answerPlainly(emulator.baseURL, inputs)
    : embedPlainly(emulator.baseURL, inputs, DIMENSIONS));
  const { inputsAnswered, tokensAdmitted } = await emulator.counts();
  return { inputs: inputsAnswered, tokens: tokensAdmitted };
}
