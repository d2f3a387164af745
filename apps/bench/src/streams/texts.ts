import { setImmediate as turn } from "node:timers/promises";
import type { StreamShape } from "../floor.ts";
import type { Bulk } from "./bulks.ts";
import type { StreamContender } from "./stream-contender.ts";

/** The shape that the promise is made for. */
export const SHAPE: StreamShape = { size: 1000, inFlight: 8 };

/** `count` short texts, made one by one. */
export async function* texts(count: number): AsyncGenerator<string, void, undefined> {
  for (let index = 0; index < count; index++) yield `text ${index}`;
}

/** Answers with each text's length, one turn of the event loop later: so bulks really are in flight together. */
export const lengths: Bulk = async (inputs) => {
  await turn();
  return inputs.map((text) => text.length);
};

/** Lets the event loop go round this many times. */
export async function turns(count: number): Promise<void> {
  for (let each = 0; each < count; each++) {
    // oxlint-disable-next-line no-await-in-loop -- one turn after another is the point
    await turn();
  }
}

/**
 * Takes a whole stream and holds it against what it should have been: every text once, with its own length.
 *
 * @returns the number of outcomes.
 * @throws Error that names the contender and what was wrong.
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
      `${contender.name}: expected ${count} outcomes, each once and right, got ${outcomes} with ${wrong} wrong ones.`,
    );
  }
  return outcomes;
}
