import { InputError } from "@batchwise/core";

/** The caller's types were not checked. */
export function notText(value: unknown, position?: number): InputError {
  const kind = value === null ? "null" : typeof value;
  return at(position, (input) => `Expected a string, ${input} is ${kind}. Pass texts only.`);
}

/** The provider would refuse the whole request for it. */
export function emptyText(position?: number): InputError {
  return at(position, (input) => `Expected a text, ${input} is empty. Leave empty texts out.`);
}

/** The text is longer than the model reads, and `truncate` is false. */
export function overlongText(position: number, maxTokens: number): InputError {
  return new InputError(
    `Expected at most ${maxTokens} tokens, input ${position} of the request has more. ` +
      `Split the text, or set \`truncate: true\` to embed its beginning.`,
    { position },
  );
}

function at(position: number | undefined, message: (input: string) => string): InputError {
  if (position === undefined) return new InputError(message("the input"));
  return new InputError(message(`input ${position} of the request`), { position });
}
