import { rmSync, truncateSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { cannotWrite } from "../outputs/stream-target.ts";
import type { RowSink } from "../row-sink.ts";
import { AppendFile } from "./append-file.ts";
import type { Journal } from "./journal.ts";
import { makeOutput } from "./make-output.ts";
import type { RowFormat } from "./row-format.ts";

/** Manner and listeners of a `FileSink`. */
export interface FileSinkOptions {
  /** True where the output grows row by row; false where it is made once all rows are there. */
  readonly grows: boolean;
  /** True where rows count only once `save` was called. */
  readonly isStaged: boolean;
  /** Aborted where another process has taken the lock over. */
  readonly lost: AbortSignal;
  /** Called before the output is made from the journal. */
  readonly onMake: () => void;
}

/**
 * Rows that are kept in a journal until the output has them: an output that grows gets each in its turn, one that is made
 * all of them at the end, when it replaces what was there.
 */
export class FileSink implements RowSink {
  readonly #journal: Journal;
  readonly #format: RowFormat;
  readonly #options: FileSinkOptions;
  readonly #failure = new AbortController();
  readonly failed: AbortSignal;
  #output: AppendFile | undefined;
  #hasBegun = false;
  #isFlushing = false;

  /** @throws Error for an output that cannot be opened */
  constructor(journal: Journal, format: RowFormat, options: FileSinkOptions) {
    this.#journal = journal;
    this.#format = format;
    this.#options = options;
    this.failed = AbortSignal.any([this.#failure.signal, options.lost]);
    // Rows of an earlier run, which this one discards, stay until it has one of its own.
    if (!journal.discards) this.#attempt(() => this.#begin());
  }

  put(index: number, line: string): void {
    this.failed.throwIfAborted();
    this.#attempt(() => {
      this.#begin();
      if (this.#output !== undefined && index === this.#journal.grown) this.#grow(line);
      else this.#journal.parts.put(index, line);
    });
    if (this.#isFlushing) return;
    // Once for all that are ready now.
    this.#isFlushing = true;
    void setImmediate().then(() => this.#flush());
  }

  room(): void {
    // The disk has it.
  }

  save(): void {
    this.#attempt(() => {
      this.#begin();
      this.#write();
      this.#journal.parts.sync();
      if (this.#options.isStaged) this.#journal.commit();
    });
  }

  noteJobs(ids: ReadonlySet<string>): void {
    try {
      this.#attempt(() => {
        this.#begin();
        this.#journal.noteJobs(ids);
      });
    } catch {
      // `failed` is aborted, with the error.
    }
  }

  async end(isWhole: boolean, signal: AbortSignal | undefined): Promise<void> {
    this.failed.throwIfAborted();
    this.#attempt(() => {
      if (isWhole) this.#begin();
      // Without any row, a format still has its head.
      const last = isWhole && this.#output !== undefined ? this.#format.end() : undefined;
      if (last !== undefined) this.#output?.append(last);
      this.#write();
      this.#output?.sync();
    });
    if (!isWhole || this.#output !== undefined) return;
    this.#options.onMake();
    try {
      await makeOutput(this.#journal, this.#format, signal);
    } catch (error) {
      signal?.throwIfAborted();
      throw cannotWrite(this.#journal.choice.name, error);
    }
  }

  close(): void {
    this.#output?.close();
    this.#journal.close();
  }

  #begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    const { file } = this.#journal.choice;
    this.#journal.begin(this.#options.isStaged);
    // Of a version before: its rows are in the output as well.
    rmSync(`${file}.partial`, { force: true });
    if (!this.#options.grows) return;
    const { bytes } = this.#journal.base;
    if (bytes > 0) truncateSync(file, bytes);
    this.#output = new AppendFile(file, bytes > 0 ? "a" : "w");
    this.#advance();
  }

  #flush(): void {
    this.#isFlushing = false;
    if (this.failed.aborted) return;
    try {
      this.#attempt(() => this.#write());
    } catch {
      // `failed` is aborted, with the error.
    }
  }

  /** Hashes first: a row without one could be taken for another input's. Parts go when the output has their rows. */
  #write(): void {
    this.#journal.hashes.flush();
    this.#journal.parts.flush();
    this.#output?.flush();
    if (this.#output !== undefined) this.#journal.parts.sweep();
  }

  #grow(line: string): void {
    this.#add(line);
    this.#advance();
  }

  /** Adds the rows whose turn it is. */
  #advance(): void {
    const journal = this.#journal;
    const take = (): string | undefined => journal.parts.take(journal.grown);
    for (let line = take(); line !== undefined; line = take()) this.#add(line);
  }

  #add(line: string): void {
    const chunk = this.#format.chunk(line);
    if (chunk !== undefined) this.#output?.append(chunk);
    this.#journal.grown++;
  }

  #attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      const reason = cannotWrite(this.#journal.choice.name, error);
      this.#failure.abort(reason);
      throw reason;
    }
  }
}
