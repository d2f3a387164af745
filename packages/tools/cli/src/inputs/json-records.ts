import { ArgumentError } from "@batchwise/core";
import type { InputRecord } from "./input-record.ts";
import { adviceOnList, listIn } from "./list-advice.ts";
import { peek } from "./peek.ts";
import { jsonlRecords, jsonRecord } from "./text-records.ts";

/**
 * Opens a `.json` file: the values of one array, of which one is in memory at a time, or a value on each line. Each is cut
 * out as it is written, so that its numbers keep their digits.
 *
 * @throws ArgumentError for a file that is neither
 */
export async function openJson(source: AsyncIterable<Buffer>): Promise<AsyncGenerator<InputRecord, void>> {
  const { head, chunks } = await peek(source, (bytes) => firstOf(bytes) !== undefined);
  return firstOf(head) === OPEN_LIST ? elements(chunks) : lines(jsonlRecords(chunks), head);
}

async function* lines(records: AsyncIterable<InputRecord>, head: Buffer): AsyncGenerator<InputRecord, void> {
  let isFirst = true;
  for await (const record of records) {
    // An object over several lines would be as many errors.
    if (isFirst && "error" in record) {
      const list = listIn(head.toString());
      const advice = list === undefined ? "`jq -c .` makes a line of each value." : adviceOnList(list);
      throw new ArgumentError(
        `Expected the input to be a JSON array, or a JSON value on each line, got ${list === undefined ? "another text" : "an object"}. ${advice}`,
      );
    }
    isFirst = false;
    yield record;
  }
}

async function* elements(chunks: AsyncIterable<Buffer>): AsyncGenerator<InputRecord, void> {
  let position = 0;
  let index = 0;
  let depth = 0;
  let isText = false;
  let isEscaped = false;
  let isOver = false;
  let parts: Buffer[] = [];
  const element = (last: Buffer, end: number, isLast: boolean): InputRecord | undefined => {
    const bytes = Buffer.concat([...parts, last]);
    parts = [];
    // No value, or a comma after the last one, as people and scripts leave it.
    if (isLast && firstOf(bytes) === undefined) return undefined;
    return jsonRecord(`value ${++index}`, end, bytes);
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at];
      if (isText) {
        if (isEscaped) isEscaped = false;
        else if (byte === BACKSLASH) isEscaped = true;
        else if (byte === QUOTE) isText = false;
      } else if (isOver) {
        if (!isSpace(byte))
          throw new ArgumentError(`Expected the input to be one JSON array, got more after it. ${ADVICE}`);
      } else if (byte === QUOTE) isText = true;
      else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
        if (++depth === 1) from = at + 1;
      } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT || (byte === COMMA && depth === 1)) {
        if (byte !== COMMA) depth--;
        isOver = depth === 0;
        if (byte !== COMMA && !isOver) continue;
        const record = element(chunk.subarray(from, at), position + at + 1, isOver);
        from = at + 1;
        if (record !== undefined) yield record;
      }
    }
    if (!isOver) parts.push(chunk.subarray(from));
    position += chunk.length;
  }
  if (!isOver)
    throw new ArgumentError(
      "Expected the input to be a whole JSON array, got one without its end. The file was cut short: copy it again.",
    );
}

const ADVICE = "`jq -c '.[]'` makes a line of each value; --format jsonl reads lines that are arrays.";

function firstOf(bytes: Buffer): number | undefined {
  return bytes.find((byte) => !isSpace(byte));
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
