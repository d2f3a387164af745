import type { Dialect } from "../errors/dialect.ts";
import { notJson } from "../errors/provider-errors.ts";
import { type Fields, fieldsOf, parseJson } from "../fields.ts";

/**
 * The objects in a body of JSON lines as they arrive, so that a file of any length takes the memory of its longest line.
 * A line that cannot be read (cut, in another encoding) is `undefined`: it costs itself alone. Empty lines are left out.
 *
 * @throws ProviderError (retryable) for a body that is something else, such as a proxy's page; what reading throws
 */
export async function* jsonLines(
  response: Response,
  dialect: Dialect,
): AsyncGenerator<Fields | undefined, void, undefined> {
  let isKnown = false;
  for await (const bytes of byteLines(response)) {
    const text = textOf(bytes);
    if (text === "") continue;
    isKnown ||= text?.startsWith("{") !== false;
    if (!isKnown) throw notJson(dialect, { status: response.status });
    yield* objectsIn(text);
  }
}

const NEWLINE = 10;

async function* byteLines(response: Response): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = response.body?.getReader();
  let begun: Uint8Array[] = [];
  try {
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
      if (done || value === undefined) break;
      let start = 0;
      for (let end = value.indexOf(NEWLINE); end !== -1; end = value.indexOf(NEWLINE, start)) {
        yield joined([...begun, value.subarray(start, end)]);
        begun = [];
        start = end + 1;
      }
      begun.push(value.subarray(start));
    }
    yield joined(begun);
  } finally {
    // A loop that is left early lets the connection go.
    await reader?.cancel().catch(() => undefined);
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [only] = pieces;
  if (pieces.length === 1 && only !== undefined) return only;
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** The line without a mark of its byte order and the rest of its end; undefined where it is not UTF-8. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes).trim();
  } catch {
    return undefined;
  }
}

/** One object a line, or several where the newline between them is missing. */
function objectsIn(text: string | undefined): (Fields | undefined)[] {
  if (text === undefined) return [undefined];
  const whole = fieldsOf(parseJson(text));
  return whole === undefined ? text.split(/(?<=\})\s*(?=\{")/).map((part) => fieldsOf(parseJson(part))) : [whole];
}
