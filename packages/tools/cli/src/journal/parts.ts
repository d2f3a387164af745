import { closeSync, openSync, readdirSync, readSync, rmSync, createReadStream } from "node:fs";
import path from "node:path";
import { linesOf } from "../inputs/lines.ts";
import { LINE_BEGINNING } from "../outputs/jsonl-encoder.ts";
import { AppendFile } from "./append-file.ts";
import { RowPlaces } from "./row-places.ts";

/** Bytes of a part: one whose rows are all in the output is removed, so that they do not take the disk twice. */
const PART_BYTES = 32 * 1024 * 1024;
const NAME = /^part-(\d+)\.jsonl$/;

interface Part {
  readonly number: number;
  readonly file: string;
  /** Rows that are still to be read. */
  rows: number;
  bytes: number;
  descriptor: number | undefined;
}

/**
 * Rows on disk, in the order of their ends, found by their index. A later row of an index replaces an earlier one. A
 * run that was killed leaves whole rows, and at most one that is torn, which does not count.
 */
export class Parts {
  readonly #folder: string;
  readonly #places = new RowPlaces();
  readonly #parts = new Map<number, Part>();
  #number = 0;
  /** Files of rows that do not count. */
  #stale: string[] = [];
  #open: { readonly part: Part; readonly file: AppendFile } | undefined;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Reads the parts of a folder, also of one that is not there. `onRow` is called for each row.
   *
   * @param end number of the first part that does not count
   */
  static async read(
    folder: string,
    end: number,
    onRow: (index: number, isFailed: boolean, line: string) => void,
  ): Promise<Parts> {
    const parts = new Parts(folder);
    const numbers = filesIn(folder).flatMap((name) => NAME.exec(name)?.[1] ?? []);
    for (const number of numbers.map(Number).toSorted((one, other) => one - other)) {
      if (number >= end) {
        parts.#stale.push(partOf(folder, number));
        continue;
      }
      const part = parts.#add(number);
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

  /** Number of the part that is begun next. */
  get next(): number {
    return this.#number + 1;
  }

  get size(): number {
    return this.#places.size;
  }

  /** Index after the last row. */
  get end(): number {
    return this.#places.end;
  }

  /** Count of rows before an index. */
  countBefore(end: number): number {
    let count = 0;
    for (const _ of this.#places.before(end)) count++;
    return count;
  }

  has(index: number): boolean {
    return this.#places.get(index) !== undefined;
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
    const { at, bytes } = place;
    const part = this.#parts.get(place.part) as Part;
    if (this.#open?.part === part) this.#open.file.flush();
    part.descriptor ??= openSync(part.file, "r");
    const buffer = Buffer.allocUnsafe(bytes);
    readSync(part.descriptor, buffer, 0, bytes, at);
    return buffer.toString();
  }

  /** Reads a row that is not needed any more once it is in the output. */
  take(index: number): string | undefined {
    const line = this.get(index);
    if (line !== undefined) this.#remove(index);
    return line;
  }

  /** Writes the rows so far. @throws the system's error */
  flush(): void {
    this.#open?.file.flush();
  }

  /** Removes parts of which every row was taken. Its rows have to be in the output. */
  sweep(): void {
    for (const part of this.#parts.values()) if (part.rows === 0 && part !== this.#open?.part) this.#drop(part);
  }

  /** Has the disk keep the rows. */
  sync(): void {
    this.#open?.file.sync();
  }

  /** Takes the rows of the inputs before an index for read. */
  forget(end: number): void {
    for (const index of this.#places.before(end)) this.#remove(index);
    if (this.size === 0) this.#places.clear();
  }

  /** Removes rows that do not count. */
  discard(): void {
    for (const file of this.#stale.splice(0)) rmSync(file, { force: true });
  }

  /** Removes all rows. */
  clear(): void {
    this.#end();
    this.#places.clear();
    for (const part of this.#parts.values()) this.#drop(part);
  }

  close(): void {
    this.#open?.file.close();
    this.#open = undefined;
    for (const part of this.#parts.values()) shut(part);
  }

  #begin(): { readonly part: Part; readonly file: AppendFile } {
    const number = this.#number + 1;
    const file = new AppendFile(partOf(this.#folder, number), "a");
    return { part: this.#add(number), file };
  }

  #end(): void {
    this.#open?.file.flush();
    this.#open?.file.close();
    this.#open = undefined;
  }

  #add(number: number): Part {
    this.#number = number;
    const part: Part = { number, file: partOf(this.#folder, number), rows: 0, bytes: 0, descriptor: undefined };
    this.#parts.set(number, part);
    return part;
  }

  #place(index: number, part: Part, bytes: number): void {
    if (this.has(index)) this.#remove(index);
    this.#places.set(index, { part: part.number, at: part.bytes, bytes });
    part.bytes += bytes;
    part.rows++;
  }

  #remove(index: number): void {
    const part = this.#parts.get(this.#places.get(index)?.part ?? 0);
    if (part !== undefined) part.rows--;
    this.#places.delete(index);
  }

  #drop(part: Part): void {
    shut(part);
    this.#parts.delete(part.number);
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
