import { exactJson } from "./exact-json.ts";
import { type InputRecord, IN_ENCODING, unreadable } from "./input-record.ts";
import { inputLinesOf, type Line, textOf, utf8 } from "./lines.ts";

type Chunks = AsyncIterable<Buffer>;

/** Records of a file with a JSON value on each line. Blank lines are skipped. */
export async function* jsonlRecords(chunks: Chunks): AsyncGenerator<InputRecord, void> {
  for await (const line of inputLinesOf(chunks)) {
    if (textOf(line)?.trim() !== "") yield jsonRecord(placeOf(line), line.end, line.bytes);
  }
}

/** Records of a file in which each line is a text, also an empty one. */
export async function* textRecords(chunks: Chunks): AsyncGenerator<InputRecord, void> {
  for await (const line of inputLinesOf(chunks)) {
    const value = textOf(line);
    const place = placeOf(line);
    yield value === undefined ? unreadable(place, line.end, IN_ENCODING) : { place, end: line.end, value };
  }
}

/** Record of a JSON text. */
export function jsonRecord(place: string, end: number, bytes: Buffer): InputRecord {
  const text = utf8(bytes);
  if (text === undefined) return unreadable(place, end, IN_ENCODING);
  try {
    return { place, end, value: JSON.parse(text) as unknown, exact: exactJson(text) };
  } catch {
    // The parser's own message quotes the text.
    return unreadable(place, end, "be a JSON value of its own, got another text.");
  }
}

function placeOf({ number }: Line): string {
  return `line ${number}`;
}
