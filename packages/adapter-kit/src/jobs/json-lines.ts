import type { Dialect } from "../errors/dialect.ts";
import { notJson } from "../errors/provider-errors.ts";
import type { Fields } from "../fields.ts";
import { ObjectReader } from "./object-reader.ts";

/**
 * The objects in a body of JSON lines as they arrive, so that a file of any length takes the memory of its longest line.
 * A line that cannot be read (cut, in another encoding) is `undefined`: it costs itself alone. Empty lines are left out. The
 * objects may be in UTF-16, spread over lines, without newlines between them, or in one list.
 *
 * @throws ProviderError (retryable) for a body that is something else, such as a proxy's page; what reading throws
 */
export async function* jsonLines(
  response: Response,
  dialect: Dialect,
): AsyncGenerator<Fields | undefined, void, undefined> {
  const objects = new ObjectReader();
  let isKnown: boolean | undefined;
  for await (const bytes of byteLines(response)) {
    const text = textOf(bytes);
    if (text?.trim() === "") continue;
    isKnown ||= text === undefined || BEGINS.test(text);
    if (isKnown) yield* objects.read(text);
    // A page may have objects in its scripts. Before the first one there may be a head.
    else if (text?.trimStart().startsWith("<") === true) break;
  }
  if (isKnown === false) throw notJson(dialect, { status: response.status });
  yield* objects.end();
}

/** The first object or list, as an event of a stream, too. */
const BEGINS = /^\s*(data:\s*)?[{[]/;
const NEWLINE = 10;

async function* byteLines(response: Response): AsyncGenerator<Uint8Array, void, undefined> {
  let begun: Uint8Array[] = [];
  for await (const piece of pieces(response)) {
    let start = 0;
    for (let end = piece.indexOf(NEWLINE); end !== -1; end = piece.indexOf(NEWLINE, start)) {
      yield joined([...begun, piece.subarray(start, end)]);
      begun = [];
      start = end + 1;
    }
    begun.push(piece.subarray(start));
  }
  yield joined(begun);
}

/** Pieces of the body in UTF-8. */
async function* pieces(response: Response): AsyncGenerator<Uint8Array, void, undefined> {
  const source = response.body?.getReader();
  let reader = source;
  let head: Uint8Array | undefined = NOTHING;
  let wide: InstanceType<typeof TextDecoder> | undefined;
  try {
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
      if (done || value === undefined) break;
      let piece: Uint8Array = value;
      if (head !== undefined) {
        piece = head = joined([head, value]);
        if (piece.length < 2) continue;
        if (reader !== undefined && piece[0] === 0x1f && piece[1] === 0x8b) {
          reader = unpacked(piece, reader);
          head = NOTHING;
          continue;
        }
        wide = wideDecoder(piece);
        head = undefined;
      }
      yield wide === undefined ? piece : new TextEncoder().encode(wide.decode(piece, { stream: true }));
    }
    if (head !== undefined) yield head;
  } finally {
    // A loop that is left early lets the connection go.
    for (const each of [reader, source]) await each?.cancel().catch(() => undefined);
  }
}

type Reader = ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;

/** Reader of a body in gzip, which no header has told `fetch` of. @param head its first bytes, which were read */
function unpacked(head: Uint8Array, rest: Reader): Reader {
  const packed = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (controller) => controller.enqueue(new Uint8Array(head)),
    async pull(controller) {
      const { done, value } = await rest.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
  return packed.pipeThrough(new DecompressionStream("gzip")).getReader();
}

const NOTHING = new Uint8Array();

/** Decoder of a text in UTF-16, by the mark of its byte order or the half of its first character that is 0. */
function wideDecoder([first, second]: Uint8Array): InstanceType<typeof TextDecoder> | undefined {
  const isLowFirst = first === 0xff ? second === 0xfe : first !== 0 && second === 0;
  const isHighFirst = first === 0xfe ? second === 0xff : first === 0 && second !== 0;
  return isLowFirst || isHighFirst ? new TextDecoder(isLowFirst ? "utf-16le" : "utf-16be") : undefined;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The line without a mark of its byte order; undefined where it is not UTF-8. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    return UTF_8.decode(bytes);
  } catch {
    return undefined;
  }
}

const UTF_8 = new TextDecoder("utf-8", { fatal: true });
