import type { Completed } from "@batchwise/core";

/** Call with many inputs and as many outputs, in order; an Error in a slot fails only that slot. */
export type Bulk = (inputs: readonly string[]) => Promise<readonly (number | Error)[]>;

/** Texts that are sent together, and the index of the first. */
export interface TextBulk {
  readonly start: number;
  readonly inputs: readonly string[];
}

/** Cuts a stream into bulks of `size`, for libraries without bulks. */
export async function* bulksOf(texts: AsyncIterable<string>, size: number): AsyncGenerator<TextBulk, void, undefined> {
  let start = 0;
  let inputs: string[] = [];
  for await (const text of texts) {
    inputs.push(text);
    if (inputs.length === size) {
      yield { start, inputs };
      start += size;
      inputs = [];
    }
  }
  if (inputs.length > 0) yield { start, inputs };
}

/** Sends one bulk and makes an outcome for each of its texts. A failure affects only them. */
export async function settleBulk(bulk: Bulk, { start, inputs }: TextBulk): Promise<Completed<string, number>[]> {
  let values: readonly (number | Error)[];
  try {
    values = await bulk(inputs);
    if (values.length !== inputs.length) throw new Error(`Expected ${inputs.length} outputs, got ${values.length}.`);
  } catch (error) {
    const reason =
      error instanceof Error ? error : new Error("Expected an Error, got another value.", { cause: error });
    values = inputs.map(() => reason);
  }
  const outcomes: Completed<string, number>[] = [];
  // A counted loop: with a million texts, `entries()` and `map` take measurable time.
  for (let offset = 0; offset < inputs.length; offset++) {
    const index = start + offset;
    const input = inputs[offset] as string;
    const value = values[offset] as number | Error;
    outcomes.push(
      value instanceof Error
        ? { index, input, status: "rejected", reason: value }
        : { index, input, status: "fulfilled", value },
    );
  }
  return outcomes;
}
