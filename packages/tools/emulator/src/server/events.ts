/** Server-sent event; without a name, as in OpenAI's chat completions. */
export function event(data: object, name?: string): string {
  return `${name === undefined ? "" : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`;
}

/** Last event of a stream. */
export const DONE = "data: [DONE]\n\n";
