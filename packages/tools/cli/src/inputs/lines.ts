import { isUtf8 } from "node:buffer";
import { peek } from "./peek.ts";

/** Line of a file, without its newline. */
export interface Line {
  /** Position from 1. */
  readonly number: number;
  readonly bytes: Buffer;
  /** Bytes of the file up to its end, the newline included. */
  readonly end: number;
  /** True where a newline ends it: a last line without one may have been cut short. */
  readonly isWhole: boolean;
}

/** Lines of an input. Where a carriage return and no line feed is in its first part, each ends a line (old Macs). */
export async function* inputLinesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Line, void> {
  const { head, chunks: all } = await peek(chunks, (bytes) => bytes.includes(NEWLINE) || bytes.length > LONGEST_HEAD);
  yield* linesOf(all, head.includes(NEWLINE) || !head.includes(CARRIAGE_RETURN) ? NEWLINE : CARRIAGE_RETURN);
}

const LONGEST_HEAD = 64 * 1024;

/**
 * Lines of a stream, one by one. Only a line feed ends one, or what is given: `node:readline` ends lines at characters that may occur in
 * JSON, and does not give positions in the file.
 */
export async function* linesOf(
  chunks: AsyncIterable<Buffer | string>,
  newline: number = NEWLINE,
): AsyncGenerator<Line, void> {
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
    for (let at = buffer.indexOf(newline); at >= 0; at = buffer.indexOf(newline, from)) {
      yield line(buffer.subarray(from, at), true);
      from = at + 1;
    }
    if (from < buffer.length) parts.push(buffer.subarray(from));
  }
  if (parts.length > 0) yield line(Buffer.alloc(0), false);
}

/** Text of a line, without a carriage return at its end; undefined where it is not UTF-8. */
export function textOf({ bytes }: Line): string | undefined {
  return utf8(bytes.at(-1) === CARRIAGE_RETURN ? bytes.subarray(0, -1) : bytes);
}

/** Text of bytes; undefined where they are not UTF-8. */
export function utf8(bytes: Buffer): string | undefined {
  return isUtf8(bytes) ? bytes.toString() : undefined;
}

const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
