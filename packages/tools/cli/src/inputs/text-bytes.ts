import { ArgumentError } from "@batchwise/core";
import { chunksAfter, peek } from "./peek.ts";
import type { Bytes } from "./unpacked.ts";

/**
 * Bytes of a file of text in UTF-8, without a byte order mark. A mark of UTF-8 or UTF-16 says the encoding, whatever is
 * named. A byte that UTF-8 never has stands for each that the encoding does not have: the line around it is not UTF-8.
 *
 * @param encoding label of https://encoding.spec.whatwg.org/#names-and-labels. @default UTF-8
 * @throws ArgumentError for UTF-32, for UTF-16 without a mark that is not named, and for an unknown label
 */
export async function textBytes(source: AsyncIterable<Buffer>, encoding = "utf-8"): Promise<Bytes> {
  const named = encodingOf(encoding);
  const { head, chunks } = await peek(source, ({ length }) => length >= LONGEST_MARK);
  const mark = MARKS.find(({ bytes }) => head.subarray(0, bytes.length).equals(bytes));
  const found = mark?.encoding ?? named;
  if (found === "utf-32")
    throw new ArgumentError(`Expected the input to be text in UTF-8 or a named --encoding, got UTF-32. ${CONVERT}`);
  if (found === "utf-8" && isWide(head)) {
    throw new ArgumentError(
      `Expected the input to be text in UTF-8 or a named --encoding, got UTF-16 without a mark, or other bytes. Name it with --encoding utf-16le or utf-16be. ${CONVERT}`,
    );
  }
  const text = chunksAfter(mark?.bytes.length ?? 0, chunks);
  return found === "utf-8"
    ? { chunks: text, isConverted: false }
    : { chunks: decoded(text, new TextDecoder(found)), isConverted: true };
}

const CONVERT = "`iconv -t UTF-8` converts others. Nothing was sent.";

/** UTF-32 comes first: its mark begins as that of UTF-16 does. */
const MARKS: readonly { readonly bytes: Buffer; readonly encoding: string }[] = [
  { bytes: Buffer.from([0xff, 0xfe, 0, 0]), encoding: "utf-32" },
  { bytes: Buffer.from([0, 0, 0xfe, 0xff]), encoding: "utf-32" },
  { bytes: Buffer.from("\uFEFF"), encoding: "utf-8" },
  { bytes: Buffer.from([0xff, 0xfe]), encoding: "utf-16le" },
  { bytes: Buffer.from([0xfe, 0xff]), encoding: "utf-16be" },
];
const LONGEST_MARK = 4;

/** Zero is every other byte of Latin text in UTF-16. By itself it is a character as any other. */
function isWide(head: Buffer): boolean {
  const [first, second, third, fourth] = head;
  if (head.length < LONGEST_MARK) return head.length > 1 && (first === 0) !== (second === 0);
  return (first === 0 && third === 0) || (second === 0 && fourth === 0);
}

/** @throws ArgumentError for a label that is unknown here */
function encodingOf(label: string): string {
  try {
    return new TextDecoder(label).encoding;
  } catch {
    throw new ArgumentError(
      `Expected --encoding to be utf-8, utf-16le, windows-1252, gbk, shift_jis or another of the web's, got ${label}. ${CONVERT}`,
    );
  }
}

async function* decoded(
  chunks: AsyncIterable<Buffer>,
  decoder: InstanceType<typeof TextDecoder>,
): AsyncGenerator<Buffer, void> {
  for await (const chunk of chunks) yield bytesOf(decoder.decode(chunk, { stream: true }));
  yield bytesOf(decoder.decode());
}

function bytesOf(text: string): Buffer {
  if (!text.includes(REPLACED)) return Buffer.from(text);
  const parts = text
    .split(REPLACED)
    .flatMap((part, at) => (at === 0 ? [Buffer.from(part)] : [NO_UTF8, Buffer.from(part)]));
  return Buffer.concat(parts);
}

const REPLACED = "\uFFFD";
const NO_UTF8 = Buffer.from([0xff]);
