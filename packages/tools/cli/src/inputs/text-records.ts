import { type InputRecord, unreadable } from "./input-record.ts";
import { type Line, linesOf, textOf } from "./lines.ts";

type Chunks = AsyncIterable<Buffer | string>;

/** A JSON value on each line. Blank lines are no records. */
export async function* jsonlRecords(chunks: Chunks): AsyncGenerator<InputRecord, void> {
  for await (const line of linesOf(chunks)) {
    const text = textOf(line);
    if (text === undefined || text.trim() !== "") yield text === undefined ? noUtf8(line) : parsed(line, text);
  }
}

/** Each line is a text, an empty one too. */
export async function* textRecords(chunks: Chunks): AsyncGenerator<InputRecord, void> {
  for await (const line of linesOf(chunks)) {
    const value = textOf(line);
    yield value === undefined ? noUtf8(line) : { place: placeOf(line), end: line.end, value };
  }
}

function parsed(line: Line, text: string): InputRecord {
  try {
    return { place: placeOf(line), end: line.end, value: JSON.parse(text) as unknown };
  } catch {
    // The parser's own message quotes the text.
    return unreadable(placeOf(line), line.end, "is no JSON. Each line has to be a JSON value of its own.");
  }
}

function noUtf8(line: Line): InputRecord {
  return unreadable(placeOf(line), line.end, "is no UTF-8. Save the file as UTF-8.");
}

function placeOf({ number }: Line): string {
  return `Line ${number}`;
}
