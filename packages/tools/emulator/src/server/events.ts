/** One server-sent event; without a name as OpenAI's chat completions send it. */
export function event(data: object, name?: string): string {
  return `${name === undefined ? "" : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`;
}

/** What ends a stream. */
export const DONE = "data: [DONE]\n\n";
