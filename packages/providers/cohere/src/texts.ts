import { notA } from "./errors.ts";

/**
 * An output or an error for each input, in order: inputs that are no text, or an empty one, fail alone and are not sent.
 *
 * @param answer one output for each text that can be sent; not called where there is none
 */
export async function forTexts<Output>(
  inputs: readonly unknown[],
  answer: (texts: string[]) => Promise<readonly (Output | Error)[]>,
): Promise<readonly (Output | Error)[]> {
  const texts = inputs.filter(isText);
  const answers = texts.length === 0 ? [] : await answer(texts);
  let next = 0;
  return inputs.map((input, position) => (isText(input) ? answers[next++]! : notA(EXPECTED, position, input)));
}

/** @throws InputError for what is no text, or an empty one */
export function requireText(input: unknown): asserts input is string {
  if (!isText(input)) throw notA(EXPECTED, undefined, input);
}

const EXPECTED = "a text that is not empty";

/** Whether an input can be sent. */
function isText(input: unknown): input is string {
  return typeof input === "string" && input !== "";
}
