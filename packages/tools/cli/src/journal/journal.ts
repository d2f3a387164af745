import { stat } from "node:fs/promises";
import path from "node:path";
import { ArgumentError } from "@batchwise/core";
import type { Item } from "../inputs/items.ts";
import { type Base, NONE, readBase } from "./base.ts";
import type { OutputFile } from "./base-rows.ts";
import { differencesOf, type Fingerprint } from "./fingerprint.ts";
import { InputHashes } from "./input-hashes.ts";
import type { JobsChoice, LeftJobs } from "./left-jobs.ts";
import { Parts } from "./parts.ts";
import { openRowFormat } from "./row-format.ts";
import { folderOf, noteIn, type RunNote, writeNote } from "./run-note.ts";

/** Output file and its run, for `Journal.read`. */
export interface JournalChoice extends OutputFile {
  readonly fingerprint: Fingerprint;
  /** True where rows of an earlier run stay. */
  readonly resumes: boolean;
  /** True where rows with an error are done again. */
  readonly retries: boolean;
  /** True where an output that exists may be replaced. */
  readonly overwrites: boolean;
  readonly jobs: JobsChoice;
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
  readonly #left: LeftJobs | undefined;
  readonly #failed: ReadonlySet<number>;
  /** Rows of the output that stay. */
  readonly base: Base;
  /** Count of inputs that an earlier run has a row for, and of those of them whose row has an error. */
  readonly counts: { readonly rows: number; readonly failed: number };
  /** Rows that the output has, from the first one on; more as it grows. */
  grown: number;
  /** Number of this run's first part. */
  #staged = 0;
  /** Inputs that were compared with those of the earlier run. */
  #compared = 0;
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
    this.#left = read.left;
    this.hashes = read.hashes;
    this.#failed = read.failed;
    this.base = read.base;
    this.grown = read.base.rows;
    this.counts = { rows: read.base.rows + read.beyond, failed: read.failed.size };
    this.replaces = read.replaces;
    this.retries = read.retries;
    this.discards = read.discards;
    this.keeps = read.note !== undefined;
  }

  /**
   * Reads what an earlier run has left. Nothing is changed.
   *
   * @throws ArgumentError for an output that exists and may not be replaced, one that is not a run's, or one of a run with
   * another adapter, options or columns, or whose offline jobs go on and would be left alone
   */
  static async read(given: JournalChoice): Promise<Journal> {
    const { file, name, overwrites } = given;
    const folder = folderOf(file);
    const note = noteIn(folder, overwrites);
    const left = overwrites ? undefined : await leftOf(note, given);
    const size = (await stat(file).catch(() => undefined))?.size ?? 0;
    // A run resumes its jobs without --resume as well, where there is no output yet.
    const resumes = given.resumes || (left !== undefined && size === 0);
    const choice = { ...given, resumes };
    const failed = new Set<number>();
    const format = await openRowFormat(choice.format, choice.shape);
    const replaces = resumes ? note?.replaces === true : size > 0;
    const base = !resumes || replaces ? NONE : await readBase(choice, format, failed);
    const parts = await Parts.read(folder, note?.staged ?? Infinity, (index, isFailed, line) => {
      if (isFailed) failed.add(index);
      else failed.delete(index);
      if (!isFailed) format.learn(line);
    });
    if (!given.resumes && !overwrites && (size > 0 || parts.size > 0)) {
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
    const beyond = parts.size - parts.countBefore(base.rows);
    const retries = choice.retries || (resumes && note?.retries === true);
    const journal = new Journal(choice, {
      note,
      left,
      parts,
      beyond,
      hashes,
      failed,
      base,
      replaces,
      retries,
      discards,
    });
    journal.#checkFingerprint();
    return journal;
  }

  /** Count of inputs to compare with those of the earlier run before anything is sent. */
  get known(): number {
    return this.choice.resumes ? Math.max(this.end, this.hashes.count) : 0;
  }

  /** True where inputs of the earlier run are in offline jobs, which the same inputs resume. */
  get hasJobs(): boolean {
    return this.#left !== undefined;
  }

  /** Index after the last row. */
  get end(): number {
    return Math.max(this.grown, this.parts.end);
  }

  /** True where an input whose turn it is has the row of an earlier run. */
  has(index: number): boolean {
    return index < this.grown || this.parts.has(index);
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
    if (!this.choice.resumes || item.index < this.#compared) return;
    this.#compared = item.index + 1;
    if (this.hashes.isOther(item)) throw this.#other(item.index);
    const { rows, last } = this.base;
    if (item.index !== rows - 1 || last === undefined) return;
    if (Object.entries(item.kept).some(([name, value]) => JSON.stringify(value) !== JSON.stringify(last[name]))) {
      throw foreign(this.choice.name, `a line ${rows} without the kept fields of its input`);
    }
  }

  #other(index: number): ArgumentError {
    const { name } = this.choice;
    const got = `another input at ${index}, counted from 0`;
    if (this.#left !== undefined) return this.#left.refusal(got);
    return new ArgumentError(
      `Expected ${name} to be the output of this input, got ${got}, than the run that began it had. An input may only ` +
        "grow. Give its own input, another --output, or --overwrite.",
    );
  }

  /** @throws ArgumentError where the output has rows of inputs that are not there */
  checkEnd(inputs: number): void {
    const { resumes, name } = this.choice;
    if (this.#left !== undefined && inputs !== this.known) {
      throw this.#left.refusal(`${inputs} inputs instead of ${this.known}`);
    }
    if (resumes && inputs < this.end) throw foreign(name, `${this.end} lines for ${inputs} inputs`);
  }

  /**
   * Begins to write: what follows is found by the next run, where it is `staged` not before `commit`.
   *
   * @throws the system's error
   */
  begin(isStaged: boolean): void {
    const isNew = !this.choice.resumes || this.hashes.count === 0;
    if (!this.choice.resumes) this.parts.clear();
    this.parts.discard();
    this.hashes.begin(isNew);
    this.#staged = this.parts.next;
    if (isStaged) this.noteJobs([]);
    else this.#noteRun({});
    this.keeps = true;
  }

  /** Notes down offline jobs of a staged run, and its inputs. @throws the system's error */
  noteJobs(ids: Iterable<string>): void {
    const { file, jobs } = this.choice;
    const { folder, options = {} } = jobs;
    this.hashes.flush();
    const all = [...new Set([...(this.#left?.ids ?? []), ...ids])];
    this.#noteRun({
      staged: this.#staged,
      jobs: { folder: path.relative(path.dirname(file), folder), options, ids: all },
    });
  }

  /** Has the rows so far count. @throws the system's error */
  commit(): void {
    this.#noteRun({});
  }

  #noteRun(more: Pick<RunNote, "staged" | "jobs">): void {
    this.note({ replaces: this.replaces, retries: this.retries, fingerprint: this.choice.fingerprint, ...more });
  }

  note(note: Omit<RunNote, "version">): void {
    writeNote(folderOf(this.choice.file), note);
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

interface Read {
  readonly note: RunNote | undefined;
  readonly left: LeftJobs | undefined;
  readonly parts: Parts;
  /** Count of rows in parts that are not instead of one of the output. */
  readonly beyond: number;
  readonly hashes: InputHashes;
  readonly failed: Set<number>;
  readonly base: Base;
  readonly replaces: boolean;
  readonly retries: boolean;
  readonly discards: boolean;
}

async function leftOf(note: RunNote | undefined, choice: JournalChoice): Promise<LeftJobs | undefined> {
  if (note?.jobs === undefined) return undefined;
  const { leftJobs } = await import("./left-jobs.ts");
  return leftJobs(note.jobs, choice, differencesOf(note.fingerprint, choice.fingerprint));
}

function foreign(name: string, got: string): ArgumentError {
  return new ArgumentError(
    `Expected ${name} to be the output of this input, got ${got}. Nothing was sent. Give its own input, or --overwrite.`,
  );
}
