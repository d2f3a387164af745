import { isUtf8 } from "node:buffer";

/** One line of a file, without its newline. */
export interface Line {
  /** From 1. */
  readonly number: number;
  readonly bytes: Buffer;
  /** Bytes of the file up to here, the newline included. */
  readonly end: number;
  /** Whether a newline ends it: a last line without one may have been cut short. */
  readonly isWhole: boolean;
}

/**
 * The lines of a stream, one by one. Only a line feed ends one: `node:readline` ends lines at characters that may stand
 * inside of JSON, and does not tell where in the file it is.
 */
export async function* linesOf(chunks: AsyncIterable<Buffer | string>): AsyncGenerator<Line, void> {
  let number = 0;
  let end = 0;
  let parts: Buffer[] = [];
  const line = (last: Buffer, isWhole: boolean): Line => {
    const bytes = parts.length === 0 ? last : Buffer.concat([...parts, last]);
    parts = [];
    number++;
    end += bytes.length + (isWhole ? 1 : 0);
    return { number, bytes, end, isWhole };
  };
  for await (const chunk of chunks) {
    const buffer = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    let from = 0;
    for (let at = buffer.indexOf(NEWLINE); at >= 0; at = buffer.indexOf(NEWLINE, from)) {
      yield line(buffer.subarray(from, at), true);
      from = at + 1;
    }
    if (from < buffer.length) parts.push(buffer.subarray(from));
  }
  if (parts.length > 0) yield line(Buffer.alloc(0), false);
}

/** A line's text, without a carriage return at its end or a mark at the file's beginning; undefined where it is no UTF-8. */
export function textOf({ number, bytes }: Line): string | undefined {
  if (!isUtf8(bytes)) return undefined;
  const from = number === 1 && bytes.subarray(0, MARK.length).equals(MARK) ? MARK.length : 0;
  const to = bytes.at(-1) === CARRIAGE_RETURN ? bytes.length - 1 : bytes.length;
  return bytes.toString("utf8", from, to);
}

const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
/** With it some editors begin a file in UTF-8. */
const MARK = Buffer.from("\uFEFF");
