import { InputError } from "@batchwise/core";

/** The caller's types were not checked. */
export function notText(position: number, value: unknown): InputError {
  const kind = value === null ? "null" : typeof value;
  return new InputError(`Expected a string, input ${position} of the request is ${kind}. Pass texts only.`, {
    position,
  });
}

/** The provider would refuse the whole request for it. */
export function emptyText(position: number): InputError {
  return new InputError(`Expected a text, input ${position} of the request is empty. Leave empty texts out.`, {
    position,
  });
}

/** The text is longer than the model reads, and `truncate` is false. */
export function overlongText(position: number, maxTokens: number): InputError {
  return new InputError(
    `Expected at most ${maxTokens} tokens, input ${position} of the request has more. ` +
      `Split the text, or set \`truncate: true\` to embed its beginning.`,
    { position },
  );
}
