import { closeSync, openSync, readdirSync, readSync, rmSync, createReadStream } from "node:fs";
import path from "node:path";
import { linesOf } from "../inputs/lines.ts";
import { LINE_BEGINNING } from "../outputs/jsonl-encoder.ts";
import { AppendFile } from "./append-file.ts";

/** Bytes of a part: one whose rows are all in the output is removed, so that they do not take the disk twice. */
const PART_BYTES = 32 * 1024 * 1024;
const NAME = /^part-(\d+)\.jsonl$/;

interface Part {
  readonly file: string;
  /** Rows that are still to be read. */
  rows: number;
  bytes: number;
  descriptor: number | undefined;
}

interface Place {
  readonly part: Part;
  readonly at: number;
  readonly bytes: number;
}

/**
 * Rows on disk, in the order of their ends, found by their index. A later row of an index replaces an earlier one. A
 * run that was killed leaves whole rows, and at most one that is torn, which does not count.
 */
export class Parts {
  readonly #folder: string;
  readonly #places = new Map<number, Place>();
  readonly #parts = new Set<Part>();
  #number = 0;
  #open: { readonly part: Part; readonly file: AppendFile } | undefined;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Reads the parts of a folder, also of one that is not there. `onRow` is called for each row. */
  static async read(folder: string, onRow: (index: number, isFailed: boolean, line: string) => void): Promise<Parts> {
    const parts = new Parts(folder);
    const numbers = filesIn(folder).flatMap((name) => NAME.exec(name)?.[1] ?? []);
    for (const number of numbers.map(Number).toSorted((one, other) => one - other)) {
      parts.#number = number;
      const part = parts.#add(partOf(folder, number));
      for await (const { bytes, isWhole } of linesOf(createReadStream(part.file))) {
        const match = isWhole ? LINE_BEGINNING.exec(bytes.toString("latin1", 0, 40)) : null;
        if (match === null) break;
        const index = Number(match[1]);
        parts.#place(index, part, bytes.length + 1);
        onRow(index, match[2] === "error", bytes.toString());
      }
    }
    return parts;
  }

  get size(): number {
    return this.#places.size;
  }

  indexes(): IterableIterator<number> {
    return this.#places.keys();
  }

  has(index: number): boolean {
    return this.#places.has(index);
  }

  /** @param line with its newline */
  put(index: number, line: string): void {
    const { part, file } = (this.#open ??= this.#begin());
    this.#place(index, part, file.append(line));
    if (part.bytes >= PART_BYTES) this.#end();
  }

  /** Reads a row, with its newline. */
  get(index: number): string | undefined {
    const place = this.#places.get(index);
    if (place === undefined) return undefined;
    if (this.#open?.part === place.part) this.#open.file.flush();
    const { part, at, bytes } = place;
    part.descriptor ??= openSync(part.file, "r");
    const buffer = Buffer.allocUnsafe(bytes);
    readSync(part.descriptor, buffer, 0, bytes, at);
    return buffer.toString();
  }

  /** Reads a row that is not needed any more once it is in the output. */
  take(index: number): string | undefined {
    const line = this.get(index);
    const place = this.#places.get(index);
    if (place !== undefined) place.part.rows--;
    this.#places.delete(index);
    return line;
  }

  /** Writes the rows so far. @throws the system's error */
  flush(): void {
    this.#open?.file.flush();
  }

  /** Removes parts of which every row was taken. Its rows have to be in the output. */
  sweep(): void {
    for (const part of this.#parts) if (part.rows === 0 && part !== this.#open?.part) this.#drop(part);
  }

  /** Has the disk keep the rows. */
  sync(): void {
    this.#open?.file.sync();
  }

  /** Takes the rows of the inputs before an index for read. */
  forget(end: number): void {
    for (const [index, { part }] of this.#places) {
      if (index >= end) continue;
      part.rows--;
      this.#places.delete(index);
    }
  }

  /** Removes all rows. */
  clear(): void {
    this.#end();
    this.#places.clear();
    for (const part of this.#parts) this.#drop(part);
  }

  close(): void {
    this.#open?.file.close();
    this.#open = undefined;
    for (const part of this.#parts) shut(part);
  }

  #begin(): { readonly part: Part; readonly file: AppendFile } {
    const file = partOf(this.#folder, ++this.#number);
    const appended = new AppendFile(file, "a");
    return { part: this.#add(file), file: appended };
  }

  #end(): void {
    this.#open?.file.flush();
    this.#open?.file.close();
    this.#open = undefined;
  }

  #add(file: string): Part {
    const part: Part = { file, rows: 0, bytes: 0, descriptor: undefined };
    this.#parts.add(part);
    return part;
  }

  #place(index: number, part: Part, bytes: number): void {
    const before = this.#places.get(index);
    if (before !== undefined) before.part.rows--;
    this.#places.set(index, { part, at: part.bytes, bytes });
    part.bytes += bytes;
    part.rows++;
  }

  #drop(part: Part): void {
    shut(part);
    this.#parts.delete(part);
    rmSync(part.file, { force: true });
  }
}

function partOf(folder: string, number: number): string {
  return path.join(folder, `part-${number}.jsonl`);
}

function filesIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

function shut(part: Part): void {
  if (part.descriptor !== undefined) closeSync(part.descriptor);
  part.descriptor = undefined;
}
