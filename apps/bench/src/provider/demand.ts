import type { Demand } from "./bound.ts";
import type { ServerProcess } from "./server-process.ts";
import { answerPlainly, embedPlainly } from "./plain.ts";
import { goodInputsOf, type Workload } from "./workload.ts";

/** Small: these vectors are not used. */
const DIMENSIONS = 8;

/** Demand of all the work as the emulator counts it, with each answerable input sent once and without limits. */
export async function measureDemand(
  emulator: ServerProcess,
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
