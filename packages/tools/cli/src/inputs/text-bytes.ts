import { ArgumentError } from "@batchwise/core";

/**
 * Bytes of a file of text, without a byte order mark of UTF-8.
 *
 * @throws ArgumentError for UTF-16 and UTF-32, which editors and shells of Windows write: its first bytes are a mark, or
 * zeros are among them
 */
export async function* textBytes(chunks: AsyncIterable<Buffer | string>): AsyncGenerator<Buffer, void> {
  let first: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    if (first === undefined) {
      yield bytes;
      continue;
    }
    first = Buffer.concat([first, bytes]);
    if (first.length < MARK.length) continue;
    yield beginning(first);
    first = undefined;
  }
  if (first !== undefined) yield beginning(first);
}

function beginning(bytes: Buffer): Buffer {
  const isWide = WIDE_MARKS.some((mark) => bytes.subarray(0, 2).equals(mark)) || bytes.subarray(0, LOOK).includes(0);
  if (!isWide) return bytes.subarray(0, MARK.length).equals(MARK) ? bytes.subarray(MARK.length) : bytes;
  throw new ArgumentError(
    "Expected the input to be text in UTF-8, got UTF-16 or other bytes. Save it as UTF-8, such as with " +
      "`iconv -f UTF-16 -t UTF-8`. Nothing was sent.",
  );
}

const MARK = Buffer.from("\uFEFF");
const WIDE_MARKS = [Buffer.from([0xff, 0xfe]), Buffer.from([0xfe, 0xff])];
/** Bytes that are looked at. */
const LOOK = 4096;
