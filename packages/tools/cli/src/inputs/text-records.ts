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
  const text = utf8(bytes)?.replace(MARK, "");
  if (text === undefined) return unreadable(place, end, IN_ENCODING);
  try {
    return { place, end, value: JSON.parse(text) as unknown, exact: exactJson(text) };
  } catch {
    // The parser's own message quotes the text.
    const isPython = NOT_FINITE.test(text.replaceAll(STRING, '""'));
    return unreadable(
      place,
      end,
      isPython ? "be JSON, got a NaN or Infinity, as Python writes them. Write null." : OTHER,
    );
  }
}

const OTHER = "be a JSON value of its own, got another text.";
/** Mark of the byte order, where files were joined, or of a record, as in a sequence of JSON texts. */
// oxlint-disable-next-line no-control-regex -- it is what such a sequence has
const MARK = /^[\uFEFF\u001E]+/;
const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"?/g;
/** Numbers that JSON does not have, with what precedes a value. */
const NOT_FINITE = /[[:,]\s*-?(?:NaN|Infinity)\b/;

function placeOf({ number }: Line): string {
  return `line ${number}`;
}
