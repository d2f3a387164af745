import { overlongText, requireText, textsIn, utf8Length } from "@batchwise/adapter-kit";
import { type InputError, sleep, systemClock } from "@batchwise/core";
import { type Cutter, loadCutter } from "./tokens.ts";

/** Treatment of a text with more tokens than the model reads. */
export interface Length {
  /** Undefined where the limit is not known: then the provider decides. */
  readonly maxTokens: number | undefined;
  readonly truncate: boolean;
}

/** Each text as it is sent, or why it can't be. @throws the signal's reason */
export async function fitTexts(
  inputs: readonly unknown[],
  length: Length,
  signal: AbortSignal | undefined,
): Promise<(string | InputError)[]> {
  signal?.throwIfAborted();
  const slots = textsIn(inputs);
  const first = slots.findIndex((text) => mayBeTooLong(text, length));
  if (first === -1) return slots;
  const cutter = await loadCutter();
  let characters = 0;
  try {
    for (let position = first; position < slots.length; position++) {
      const text = slots[position];
      if (typeof text !== "string" || !mayBeTooLong(text, length)) continue;
      slots[position] = fit(text, position, length, cutter);
      characters += text.length;
      if (characters > CHARACTERS_AT_A_TIME) {
        characters = 0;
        await sleep(0, systemClock, signal);
      }
    }
  } finally {
    cutter.forget();
  }
  return slots;
}

/**
 * One text as it is sent, for requests that are written without waiting.
 *
 * @param cutter needed where there is a limit
 * @throws InputError for what can't be sent
 */
export function fitText(input: unknown, length: Length, cutter: Cutter | undefined): string {
  requireText(input, 0);
  if (cutter === undefined || !mayBeTooLong(input, length)) return input;
  const text = fit(input, 0, length, cutter);
  cutter.forget();
  if (typeof text !== "string") throw text;
  return text;
}

/** Tokens are never more than bytes: only a text with more of those needs counting. */
function mayBeTooLong(text: unknown, { maxTokens = Infinity }: Length): boolean {
  return maxTokens !== Infinity && utf8Length(text, maxTokens + 1) > maxTokens;
}

function fit(text: string, position: number, { maxTokens = 0, truncate }: Length, cutter: Cutter): string | InputError {
  const { beginning, fits } = cutter.fit(text, maxTokens);
  // Not even the first character may be within the limit: then there is nothing to send.
  if (truncate ? beginning === "" : !fits) return overlongText(position, maxTokens);
  return truncate ? beginning : text;
}

/** Some 10 ms of counting; then other work has its turn. */
const CHARACTERS_AT_A_TIME = 65_536;
