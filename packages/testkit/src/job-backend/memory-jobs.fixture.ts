import {
  type JobBackend,
  type JobCallOptions,
  type JobLine,
  type JobRow,
  type JobState,
  ProviderError,
  ResultError,
} from "@batchwise/core";

import type { JobSituation } from "./job-subject.ts";

/** Job of a provider in memory, which turns texts into upper case. */
interface MemoryJob {
  readonly id: string;
  readonly tag: string;
  readonly lines: readonly JobLine[];
  isCanceled: boolean;
}

/** Provider in memory: its rows are texts, as in a file. */
export class MemoryProvider {
  readonly jobs: MemoryJob[] = [];
  readonly #situation: JobSituation<string>;

  constructor(situation: JobSituation<string>) {
    this.#situation = situation;
  }

  /** Answers a call, or never. */
  async answer<T>(signal: AbortSignal | undefined, work: () => T): Promise<T> {
    signal?.throwIfAborted();
    if (this.#situation.name !== "silent") return work();
    return new Promise((_resolve, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason as Error));
    });
  }

  jobOf(id: string): MemoryJob {
    const job = this.jobs.find((each) => each.id === id);
    if (job === undefined) throw new ProviderError("Expected a job, got none.", { status: 404, retryable: false });
    return job;
  }

  /** State in the provider's own words. */
  stateOf(id: string): "working" | "completed" | "expired" | "canceled" {
    if (this.jobOf(id).isCanceled) return "canceled";
    if (this.#situation.name === "under way") return "working";
    return this.#situation.name === "expired" ? "expired" : "completed";
  }

  /** Rows of a job, last line first; undefined while they are not there. */
  fileOf(id: string): readonly string[] | undefined {
    const { name, badLine } = this.#situation;
    if (name === "rows late") return undefined;
    const lines = this.jobOf(id).lines.toReversed();
    const worked = name === "expired" || name === "under way" ? lines.slice(2) : lines;
    const rows = worked.map((line) => {
      const row = this.#row(line);
      return name === "unreadable row" && row.startsWith(`{"id":"${badLine}"`) ? row.slice(0, 9) : row;
    });
    return name === "foreign row" ? [...rows, this.#row({ text: '{"id":"another","inputs":["x"]}' })] : rows;
  }

  #row({ text }: Pick<JobLine, "text">): string {
    const { name, badInput } = this.#situation;
    const { id, inputs } = JSON.parse(text) as { id: string; inputs: string[] };
    const isBad = name === "no good line" || (name === "bad line" && inputs.includes(badInput));
    if (isBad) return JSON.stringify({ id, error: `cannot work on ${inputs.join(", ")}` });
    return JSON.stringify({ id, answers: inputs.map((input) => input.toUpperCase()) });
  }
}

/** Row as the provider writes it. */
export interface MemoryRow {
  readonly id: string;
  readonly answers?: readonly string[];
  readonly error?: string;
}

/** Backend on a provider in memory that keeps every law. */
export class MemoryBackend implements JobBackend<string, string> {
  readonly identity: string = "memory upper-case";
  readonly caps = { inputsPerLine: 3 };
  protected readonly provider: MemoryProvider;

  constructor(situation: JobSituation<string>) {
    this.provider = new MemoryProvider(situation);
  }

  line(inputs: readonly string[], id: string): JobLine {
    return { id, text: JSON.stringify({ id, inputs }) };
  }

  create(lines: readonly JobLine[], tag: string, { signal }: JobCallOptions): Promise<string> {
    return this.provider.answer(signal, () => {
      const id = `job-${this.provider.jobs.length}`;
      this.provider.jobs.push({ id, tag, lines, isCanceled: false });
      return id;
    });
  }

  find(
    tagPrefix: string,
    { signal }: JobCallOptions,
  ): Promise<readonly { readonly id: string; readonly tag: string }[]> {
    return this.provider.answer(signal, () => this.provider.jobs.filter(({ tag }) => tag.startsWith(tagPrefix)));
  }

  poll(id: string, { signal }: JobCallOptions): Promise<JobState> {
    return this.provider.answer(signal, () => {
      const state = this.provider.stateOf(id);
      if (state === "working" || this.provider.fileOf(id) === undefined) return { status: "running" };
      if (state === "completed") return { status: "ended" };
      return { status: "ended", reason: new ProviderError(`The job was ${state}.`, { retryable: true }) };
    });
  }

  async *rows(
    id: string,
    inputsOf: (lineId: string) => readonly string[],
    { signal }: JobCallOptions,
  ): AsyncGenerator<JobRow<string>, void, undefined> {
    const file = await this.provider.answer(signal, () => this.provider.fileOf(id) ?? []);
    for (const text of file) {
      const row = this.read(text);
      if (row !== undefined && inputsOf(row.id).length > 0) yield this.rowOf(row, inputsOf(row.id));
    }
  }

  cancel(id: string, { signal }: JobCallOptions): Promise<void> {
    return this.provider.answer(signal, () => {
      const job = this.provider.jobOf(id);
      if (this.provider.stateOf(id) === "working") job.isCanceled = true;
    });
  }

  protected read(text: string): MemoryRow | undefined {
    try {
      return JSON.parse(text) as MemoryRow;
    } catch {
      return undefined;
    }
  }

  // oxlint-disable-next-line no-unused-vars -- for a backend that quotes
  protected rowOf({ id, answers }: MemoryRow, _inputs: readonly string[]): JobRow<string> {
    return { id, outcome: answers ?? new ResultError("Expected answers, got an error. Change the input.") };
  }
}

/** Collects what an iterator yields. */
export async function collected<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const each of source) all.push(each);
  return all;
}
