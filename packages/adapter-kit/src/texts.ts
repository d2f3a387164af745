import { type CallOptions, InputError, type Weight } from "@batchwise/core";
import { kindOf } from "./kind-of.ts";
import { utf8Length } from "./utf8-length.ts";

/**
 * One result for each slot: an error in it stays, anything else is sent. Where nothing is left to send there is no call,
 * and nothing is used.
 *
 * @param send makes one call for what is left, and resolves to one result for each
 * @throws what `send` throws
 */
export async function sendRest<Sent, Output>(
  slots: readonly (Sent | InputError)[],
  { report }: CallOptions,
  send: (sent: Sent[], positions: number[]) => Promise<readonly (Output | Error)[]>,
): Promise<readonly (Output | Error)[]> {
  const positions = [...slots.keys()].filter((position) => !(slots[position] instanceof InputError));
  const results: (Output | Error)[] = slots.map((slot) => slot as Error);
  if (positions.length > 0) {
    const outputs = await send(
      positions.map((position) => slots[position] as Sent),
      positions,
    );
    for (const [place, position] of positions.entries()) results[position] = outputs[place]!;
  } else report?.({ usage: { inputTokens: 0 } });
  return results;
}

/** Each input, or an error for what is not a text or an empty one: a provider would refuse the whole request for it. */
export function textsIn(inputs: readonly unknown[]): (string | InputError)[] {
  return inputs.map((input, position) => (isText(input) ? input : notText(input, position)));
}

/** @throws InputError for what is not a text, or an empty one */
export function requireText(input: unknown, position?: number): asserts input is string {
  if (!isText(input)) throw notText(input, position);
}

/**
 * A text's UTF-8 bytes, which its tokens are never more than. Nothing is generated from it.
 *
 * @param most tokens that are read of a text
 * @throws InputError for what is not a text, or an empty one
 */
export function weighText(text: unknown, most: number = Infinity): Weight {
  requireText(text);
  return { tokens: Math.min(utf8Length(text), most), outputTokens: 0 };
}

/** The text has more tokens than are read, and its beginning is not asked for. */
export function overlongText(position: number, maxTokens: number): InputError {
  return new InputError(
    `Expected ${nameOf(position)} to have at most ${maxTokens} tokens, got more. ` +
      `Split the text, or set \`truncate: true\` to embed its beginning.`,
    { position },
  );
}

/** An input that is not of the kind that can be sent. @param position among the inputs of a request, where there is one */
export function notInput(expected: string, input: unknown, position?: number): InputError {
  return new InputError(
    `Expected ${nameOf(position)} to be ${expected}, got ${kindOf(input)}. Change it, or leave it out.`,
    { position },
  );
}

function notText(input: unknown, position?: number): InputError {
  return notInput("a non-empty string", input, position);
}

function nameOf(position: number | undefined): string {
  return position === undefined ? "the input" : `input ${position} of the request`;
}

function isText(input: unknown): input is string {
  return typeof input === "string" && input !== "";
}
