import { setImmediate as turn } from "node:timers/promises";
import type { StreamShape } from "../floor.ts";
import type { Bulk } from "./bulks.ts";
import type { StreamContender } from "./stream-contender.ts";

/** Shape of the promised figures. */
export const SHAPE: StreamShape = { size: 1000, inFlight: 8 };

/** Makes `count` short texts, one by one. */
export async function* texts(count: number): AsyncGenerator<string, void, undefined> {
  for (let index = 0; index < count; index++) yield `text ${index}`;
}

/** Answers with each text's length, one turn of the event loop later, so that bulks are in flight together. */
export const lengths: Bulk = async (inputs) => {
  await turn();
  return inputs.map((text) => text.length);
};

/** Waits for this many turns of the event loop. */
export async function turns(count: number): Promise<void> {
  for (let each = 0; each < count; each++) {
    // oxlint-disable-next-line no-await-in-loop -- one turn after another is the point
    await turn();
  }
}

/**
 * Reads a whole stream and checks it: every text once, with its own length.
 *
 * @returns the number of outcomes.
 * @throws Error that names the contender and the fault.
 */
export async function drain(contender: StreamContender, count: number, shape: StreamShape): Promise<number> {
  let outcomes = 0;
  let indexes = 0;
  let wrong = 0;
  for await (const outcome of contender.run(texts(count), lengths, shape)) {
    outcomes++;
    indexes += outcome.index;
    if (outcome.status !== "fulfilled" || outcome.value !== outcome.input.length) wrong++;
  }
  if (outcomes !== count || indexes !== (count * (count - 1)) / 2 || wrong > 0) {
    throw new Error(
      `Expected ${count} outcomes of ${contender.name}, each once and right, got ${outcomes} with ${wrong} wrong ones.`,
    );
  }
  return outcomes;
}
