import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import path from "node:path";
import { ArgumentError } from "@batchwise/core";
import { exactJson } from "../inputs/exact-json.ts";
import type { Item, Kept } from "../inputs/items.ts";
import type { OutputFormat, TableShape } from "../outputs/encoder.ts";
import { baseRows } from "./base-rows.ts";
import { differencesOf, type Fingerprint } from "./fingerprint.ts";
import { InputHashes } from "./input-hashes.ts";
import { Parts } from "./parts.ts";
import { openRowFormat, type RowFormat } from "./row-format.ts";

/** Output file and its run, for `Journal.read`. */
export interface JournalChoice {
  readonly file: string;
  /** Path as the user gave it, for messages. */
  readonly name: string;
  readonly format: OutputFormat;
  readonly shape: TableShape;
  readonly fingerprint: Fingerprint;
  /** True where rows of an earlier run stay. */
  readonly resumes: boolean;
  /** True where rows with an error are done again. */
  readonly retries: boolean;
  /** True where an output that exists may be replaced. */
  readonly overwrites: boolean;
}

/** Note of a run that has rows to come, beside them. */
interface RunNote {
  readonly version: 1;
  /** True where the output that is there is another run's, and will be replaced. */
  readonly replaces: boolean;
  /** True where rows in parts are instead of those of the output that is there. */
  readonly retries: boolean;
  readonly fingerprint: Fingerprint;
}

/**
 * Results of a run on disk: rows of the output that is there, in order from the first one on, and rows in parts in a
 * folder beside it. A later row replaces an earlier one of the same input.
 */
export class Journal {
  readonly choice: JournalChoice;
  readonly parts: Parts;
  readonly hashes: InputHashes;
  readonly #note: RunNote | undefined;
  readonly #failed: ReadonlySet<number>;
  /** Inputs after those of the output that an earlier run has a row for. */
  readonly #earlier: ReadonlySet<number>;
  /** Fields of the last row of the output, where nothing else tells its input. */
  readonly #last: Kept | undefined;
  /** Rows of the output that stay, from the first one on, and their bytes. */
  readonly base: number;
  readonly baseBytes: number;
  readonly replaces: boolean;
  readonly retries: boolean;
  /** True where rows in parts are an earlier run's, which `begin` removes. */
  readonly discards: boolean;
  /** True where the folder has something for the next run. */
  keeps: boolean;

  private constructor(choice: JournalChoice, read: Read) {
    this.choice = choice;
    this.parts = read.parts;
    this.#note = read.note;
    this.hashes = read.hashes;
    this.#failed = read.failed;
    this.base = read.base.rows;
    this.baseBytes = read.base.bytes;
    this.#last = read.base.last;
    this.replaces = read.replaces;
    this.retries = read.retries;
    this.discards = read.discards;
    this.#earlier = new Set([...read.parts.indexes()].filter((index) => index >= this.base));
    this.keeps = read.note !== undefined;
  }

  /**
   * Reads what an earlier run has left. Nothing is changed.
   *
   * @throws ArgumentError for an output that exists and may not be replaced, one that is not a run's, or one of a run with
   * another adapter, options or columns
   */
  static async read(choice: JournalChoice): Promise<Journal> {
    const { file, name, resumes, overwrites } = choice;
    const folder = folderOf(file);
    const note = noteIn(folder);
    const failed = new Set<number>();
    const size = (await stat(file).catch(() => undefined))?.size ?? 0;
    const format = await openRowFormat(choice.format, choice.shape);
    const replaces = resumes ? note?.replaces === true : size > 0;
    const base = !resumes || replaces ? NONE : await readBase(choice, format, failed);
    const parts = await Parts.read(folder, (index, isFailed, line) => {
      if (isFailed) failed.add(index);
      else failed.delete(index);
      if (!isFailed) format.learn(line);
    });
    if (!resumes && !overwrites && (size > 0 || parts.size > 0)) {
      const got = size > 0 ? "which exists" : "of which an earlier run has left rows";
      throw new ArgumentError(
        `Expected a new --output, got ${name}, ${got}. --resume continues it, and --overwrite replaces it.`,
      );
    }
    const hashes = new InputHashes(folder);
    const discards = !resumes && parts.size > 0;
    if (!resumes) {
      parts.forget(Infinity);
      hashes.forget();
      failed.clear();
    }
    // Killed after a row was moved to the output, and before its part was removed.
    if (note?.retries !== true) parts.forget(base.rows);
    const retries = choice.retries || (resumes && note?.retries === true);
    const journal = new Journal(choice, { note, parts, hashes, failed, base, replaces, retries, discards });
    journal.#checkFingerprint();
    return journal;
  }

  /** Count of inputs that an earlier run has a row for, and of those of them whose row has an error. */
  get counts(): { readonly rows: number; readonly failed: number } {
    return { rows: this.base + this.#earlier.size, failed: this.#failed.size };
  }

  /** Count of inputs to compare with those of the earlier run before anything is sent. */
  get known(): number {
    return this.choice.resumes ? Math.max(this.end, this.hashes.count) : 0;
  }

  /** Index after the last row. */
  get end(): number {
    let end = this.base;
    for (const index of this.parts.indexes()) end = Math.max(end, index + 1);
    return end;
  }

  /** True where an earlier run has a row for the input. */
  has(index: number): boolean {
    return index < this.base || this.#earlier.has(index);
  }

  isFailed(index: number): boolean {
    return this.#failed.has(index);
  }

  /** True where the output can grow in place: a text whose rows stay as they are. */
  get canGrow(): boolean {
    const { format } = this.choice;
    return (format === "jsonl" || format === "csv") && !this.replaces && !this.retries;
  }

  /** @throws ArgumentError for an input that is another than the earlier run's */
  checkItem(item: Item): void {
    if (!this.choice.resumes) return;
    this.hashes.check(item, this.choice.name);
    if (item.index !== this.base - 1 || this.#last === undefined) return;
    const last = this.#last;
    if (Object.entries(item.kept).some(([name, value]) => JSON.stringify(value) !== JSON.stringify(last[name]))) {
      throw foreign(this.choice.name, `a line ${this.base} without the kept fields of its input`);
    }
  }

  /** @throws ArgumentError where the output has rows of inputs that are not there */
  checkEnd(inputs: number): void {
    if (this.choice.resumes && inputs < this.end) {
      throw foreign(this.choice.name, `${this.end} lines for ${inputs} inputs`);
    }
  }

  /** Begins to write: what follows is found by the next run. @throws the system's error */
  begin(): void {
    const isNew = !this.choice.resumes || this.hashes.count === 0;
    const { fingerprint } = this.choice;
    if (!this.choice.resumes) this.parts.clear();
    this.hashes.begin(isNew);
    this.note({ replaces: this.replaces, retries: this.retries, fingerprint });
    this.keeps = true;
  }

  note(note: Omit<RunNote, "version">): void {
    const file = path.join(folderOf(this.choice.file), "run.json");
    writeFileSync(`${file}.new`, JSON.stringify({ version: 1, ...note }), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }

  close(): void {
    this.parts.close();
    this.hashes.close();
  }

  #checkFingerprint(): void {
    const { resumes, fingerprint, name } = this.choice;
    if (!resumes || this.#note === undefined || this.end === 0) return;
    const differences = differencesOf(this.#note.fingerprint, fingerprint);
    if (differences.length === 0) return;
    throw new ArgumentError(
      `Expected the options with which ${name} was begun, got another ${differences.join(", another ")}. Nothing was sent. ` +
        "Give the same, another --output, or --overwrite.",
    );
  }
}

/** Folder of a run's rows, beside its output. */
export function folderOf(file: string): string {
  return `${file}.batchwise`;
}

interface Base {
  readonly rows: number;
  readonly bytes: number;
  readonly last: Kept | undefined;
}

interface Read {
  readonly note: RunNote | undefined;
  readonly parts: Parts;
  readonly hashes: InputHashes;
  readonly failed: Set<number>;
  readonly base: Base;
  readonly replaces: boolean;
  readonly retries: boolean;
  readonly discards: boolean;
}

const NONE: Base = { rows: 0, bytes: 0, last: undefined };

async function readBase(choice: JournalChoice, rowFormat: RowFormat, failed: Set<number>): Promise<Base> {
  const { file, format, shape } = choice;
  const { size } = (await stat(file).catch(() => undefined)) ?? { size: 0 };
  if (size === 0) return NONE;
  let rows = 0;
  let bytes = 0;
  let last: string | undefined;
  for await (const { isFailed, line, end } of baseRows(file, format, shape, rowFormat)) {
    if (isFailed) failed.add(rows);
    rows++;
    bytes = end;
    last = line;
  }
  if (format !== "jsonl" || last === undefined) return { rows, bytes, last: undefined };
  try {
    return { rows, bytes, last: (exactJson(last) ?? JSON.parse(last)) as Kept };
  } catch {
    throw new ArgumentError(
      `Expected line ${rows} of ${file} to be the row of the input at ${rows - 1}, got another. ` +
        "Give another --output, or --overwrite.",
    );
  }
}

function noteIn(folder: string): RunNote | undefined {
  let text: string;
  try {
    text = readFileSync(path.join(folder, "run.json"), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const note = JSON.parse(text) as RunNote;
  if (note.version === 1) return note;
  throw new ArgumentError(
    `Expected ${folder} to be of this version of the command, got a later one's. Update it, or give --overwrite.`,
  );
}

function foreign(name: string, got: string): ArgumentError {
  return new ArgumentError(
    `Expected ${name} to be the output of this input, got ${got}. Nothing was sent. Give its own input, or --overwrite.`,
  );
}
