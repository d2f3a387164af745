import { createReadStream } from "node:fs";
import { pipeline, Readable } from "node:stream";
import zlib from "node:zlib";
import { ArgumentError } from "@batchwise/core";
import { peek } from "./peek.ts";

/** Bytes of a file, and whether they are others than the file's own. */
export interface Bytes {
  readonly chunks: AsyncIterable<Buffer>;
  readonly isConverted: boolean;
}

/**
 * Bytes of a file, unpacked where it is gzip or Zstandard by its first bytes, whatever its name.
 *
 * @throws ArgumentError for Zstandard where Node has none, and for files that are known to be no text
 */
export async function unpacked(source: AsyncIterable<Buffer | string>): Promise<Bytes> {
  const { head, chunks } = await peek(source, isHeadEnough);
  const begins = ({ magic }: { readonly magic: RegExp }): boolean => magic.test(head.toString("latin1"));
  const other = OTHERS.find(begins);
  if (other !== undefined) throw notOf("text", other);
  const packing = PACKINGS.find(begins);
  return packing === undefined
    ? { chunks, isConverted: false }
    : { chunks: checked(packing.unpack(chunks), packing.name), isConverted: true };
}

/** @throws ArgumentError for a pointer of Git LFS instead of a table */
export async function checkFetched(format: string, file: string): Promise<void> {
  const { head } = await peek(createReadStream(file, { end: POINTER.length }), isHeadEnough);
  const text = head.toString("latin1");
  const other = OTHERS.find(({ magic }) => magic.test(text));
  if (text.startsWith(POINTER) && other !== undefined) throw notOf(format, other);
}

function notOf(format: string, { name, advice }: Other): ArgumentError {
  return new ArgumentError(`Expected a file of ${format}, got ${name}. ${advice}. Nothing was sent.`);
}

interface Packing {
  readonly name: string;
  readonly magic: RegExp;
  readonly unpack: (chunks: AsyncIterable<Buffer>) => AsyncIterable<Buffer>;
}

/* oxlint-disable no-control-regex -- they tell files from text */
const PACKINGS: readonly Packing[] = [
  { name: "gzip", magic: /^\x1f\x8b/, unpack: gunzip },
  // The second is a frame to skip, with which pzstd begins.
  { name: "Zstandard", magic: /^(\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18)/, unpack: unzstd },
];
const LONGEST_MAGIC = 10;
/** Beginning of a file that Git LFS has not fetched yet. */
const POINTER = "version https://git-lfs.github.com/spec/v1";

function isHeadEnough(head: Buffer): boolean {
  const { length } = head;
  return length >= LONGEST_MAGIC && (length >= POINTER.length || !POINTER.startsWith(head.toString("latin1")));
}

interface Other {
  readonly name: string;
  readonly magic: RegExp;
  readonly advice: string;
}

/** Files that people bring by the name of another: of each line there would be an error. */
const OTHERS: readonly Other[] = [
  {
    name: "ZIP, as Excel's .xlsx is",
    magic: /^PK\x03\x04/,
    advice: "Save the sheet as CSV UTF-8, or unpack it",
  },
  { name: "an old workbook of Excel", magic: /^\xd0\xcf\x11\xe0/, advice: "Save the sheet as CSV UTF-8" },
  { name: "Parquet", magic: /^PAR1[\0-\x08\x0e-\x1f]/, advice: "Give --format parquet" },
  { name: "Arrow", magic: /^(ARROW1\0|\xff{4})/, advice: "Give --format arrow" },
  { name: "a pointer of Git LFS", magic: new RegExp(`^${POINTER}`), advice: "Fetch the file with `git lfs pull`" },
  { name: "Avro or ORC", magic: /^(Obj\x01|ORC[\0-\x1f])/, advice: "Write it as Parquet or CSV" },
  { name: "a database of SQLite", magic: /^SQLite fo/, advice: "Write its table as CSV" },
  { name: "PDF", magic: /^%PDF-\d/, advice: "Take its text out, as with pdftotext" },
  { name: "bzip2", magic: /^BZh[1-9]1AY/, advice: "Unpack it with bunzip2" },
  { name: "xz", magic: /^\xfd7zXZ/, advice: "Unpack it with unxz" },
];
/* oxlint-enable no-control-regex */

function gunzip(chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  const decoder = zlib.createGunzip();
  // An error of the file reaches the reader of what is unpacked.
  pipeline(Readable.from(chunks, { objectMode: false }), decoder, () => undefined);
  return decoder as AsyncIterable<Buffer>;
}

function unzstd(chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  const { createZstdDecompress: open } = zlib as Partial<Pick<typeof zlib, "createZstdDecompress">>;
  if (open !== undefined) return frames(chunks, open);
  throw new ArgumentError(
    `Expected Node 22.15 or newer to read Zstandard, got ${process.versions.node}. Update it, or unpack with \`zstd -d\`.`,
  );
}

/** Frames one after another, as pzstd and `cat` write them: Node's decoder ends after the first, and says nothing. */
async function* frames(chunks: AsyncIterable<Buffer>, open: () => zlib.ZstdDecompress): AsyncGenerator<Buffer, void> {
  let frame: Frame | undefined;
  for await (const chunk of chunks) {
    let rest = chunk;
    while (rest.length > 0) {
      frame ??= new Frame(open());
      rest = await frame.write(rest);
      yield* frame.take();
      if (frame.isOver) frame = undefined;
    }
  }
  if (frame === undefined) return;
  await frame.end();
  yield* frame.take();
}

class Frame {
  isOver = false;
  readonly #decoder: zlib.ZstdDecompress;
  readonly #ended: Promise<void>;
  readonly #parts: Buffer[] = [];

  constructor(decoder: zlib.ZstdDecompress) {
    this.#decoder = decoder;
    decoder.on("data", (part: Buffer) => this.#parts.push(part));
    this.#ended = new Promise((resolve, reject) => {
      decoder.once("end", () => {
        this.isOver = true;
        resolve();
      });
      decoder.once("error", reject);
    });
    this.#ended.catch(() => undefined);
  }

  /** Unpacks bytes, and returns those after the frame. */
  async write(bytes: Buffer): Promise<Buffer> {
    const before = this.#decoder.bytesWritten;
    const written = new Promise<void>((resolve) => void this.#decoder.write(bytes, () => resolve()));
    await Promise.race([written, this.#ended]);
    return this.isOver ? bytes.subarray(this.#decoder.bytesWritten - before) : Buffer.alloc(0);
  }

  /** @throws Error of Node where the frame is not whole */
  async end(): Promise<void> {
    this.#decoder.end();
    await this.#ended;
  }

  take(): Buffer[] {
    return this.#parts.splice(0);
  }
}

async function* checked(chunks: AsyncIterable<Buffer>, name: string): AsyncGenerator<Buffer, void> {
  try {
    yield* chunks;
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (!/^(Z|ERR_Z)/.test(code)) throw error;
    throw new ArgumentError(
      `Expected the input to be whole ${name}, got an error after its beginning (${code}). ${DAMAGED}`,
    );
  }
}

const DAMAGED = "It is damaged or was cut short: copy it again. Nothing after that was sent.";
