import { exactJson } from "./exact-json.ts";
import { type InputRecord, unreadable } from "./input-record.ts";
import { type Line, linesOf, textOf } from "./lines.ts";
import { textBytes } from "./text-bytes.ts";

type Chunks = AsyncIterable<Buffer | string>;

/** Records of a file with a JSON value on each line. Blank lines are skipped. */
export async function* jsonlRecords(chunks: Chunks): AsyncGenerator<InputRecord, void> {
  for await (const line of linesOf(textBytes(chunks))) {
    const text = textOf(line);
    if (text === undefined || text.trim() !== "") yield text === undefined ? notUtf8(line) : parsed(line, text);
  }
}

/** Records of a file in which each line is a text, also an empty one. */
export async function* textRecords(chunks: Chunks): AsyncGenerator<InputRecord, void> {
  for await (const line of linesOf(textBytes(chunks))) {
    const value = textOf(line);
    yield value === undefined ? notUtf8(line) : { place: placeOf(line), end: line.end, value };
  }
}

function parsed(line: Line, text: string): InputRecord {
  try {
    return { place: placeOf(line), end: line.end, value: JSON.parse(text) as unknown, exact: exactJson(text) };
  } catch {
    // The parser's own message quotes the text.
    return unreadable(placeOf(line), line.end, "be a JSON value of its own, got another text.");
  }
}

function notUtf8(line: Line): InputRecord {
  return unreadable(placeOf(line), line.end, "be UTF-8, got other bytes. Save the file as UTF-8.");
}

function placeOf({ number }: Line): string {
  return `line ${number}`;
}
