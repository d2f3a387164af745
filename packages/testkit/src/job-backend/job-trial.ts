import type { JobBackend, JobLine, JobRow, JobState } from "@batchwise/core";

import { broken, expectThat, nameOf } from "../law.ts";
import type { JobSituation, JobSubject } from "./job-subject.ts";

/** Tag of the job of a trial. */
export const TAG = "laws-1/shard-1";

/** Position of the input that a bad line holds. */
const BAD = 1;

/** Job in one situation: a fresh backend, and a line for each input. */
export class JobTrial<Input, Output> {
  readonly subject: JobSubject<Input, Output>;
  readonly backend: JobBackend<Input, Output>;
  readonly situation: JobSituation<Input>;
  /** Positions of the inputs of each line. */
  readonly #positions: ReadonlyMap<string, readonly number[]>;
  readonly #expected: readonly Output[];
  /** Ids that the backend asked for and that are not a line's. */
  readonly foreign: string[] = [];

  private constructor(
    subject: JobSubject<Input, Output>,
    backend: JobBackend<Input, Output>,
    situation: JobSituation<Input>,
    expected: readonly Output[],
    perLine: number,
  ) {
    this.subject = subject;
    this.backend = backend;
    this.situation = situation;
    this.#expected = expected;
    const positions = [...subject.inputs.keys()];
    const count = Math.ceil(positions.length / perLine);
    this.#positions = new Map(
      Array.from({ length: count }, (_, line) => [idOf(line), positions.slice(line * perLine, (line + 1) * perLine)]),
    );
  }

  /** @param perLine inputs in a line */
  static async open<Input, Output>(
    subject: JobSubject<Input, Output>,
    name: JobSituation<Input>["name"],
    { bad = BAD, perLine = 1 }: { readonly bad?: number; readonly perLine?: number } = {},
  ): Promise<JobTrial<Input, Output>> {
    // Before the provider is in its situation: an output may be asked of it.
    const expected: Output[] = [];
    for (const input of subject.inputs) expected.push(await subject.expected(input));
    const situation = { name, badInput: subject.inputs[bad] as Input, badLine: idOf(bad) };
    return new JobTrial(subject, await subject.create(situation), situation, expected, perLine);
  }

  /** Lines for all inputs. */
  get lines(): readonly JobLine[] {
    return [...this.#positions].map(([id, positions]) =>
      this.backend.line(
        positions.map((position) => this.subject.inputs[position] as Input),
        id,
      ),
    );
  }

  /** Starts the job. */
  create(tag: string = TAG): Promise<string> {
    return this.backend.create(this.lines, tag, {});
  }

  /** Starts the job, and resolves once it has ended. */
  async run(where: string): Promise<{ readonly id: string; readonly state: JobState }> {
    const id = await this.create();
    return { id, state: await this.ended(id, where) };
  }

  /** Polls until the job has ended. @throws LawError where it does not */
  async ended(id: string, where: string): Promise<JobState> {
    const start = performance.now();
    for (;;) {
      const state = await this.backend.poll(id, {});
      if (state.status === "ended") return state;
      const { patienceMs } = this.subject;
      if (performance.now() - start > patienceMs) throw broken(where, "a job that ends", `none in ${patienceMs} ms`);
      await new Promise((resolve) => {
        setTimeout(resolve, 2);
      });
    }
  }

  /** Reads rows until there are no more, or `most` of them. */
  async rows(id: string, most: number = Infinity): Promise<JobRow<Output>[]> {
    const rows: JobRow<Output>[] = [];
    for await (const row of this.backend.rows(id, (line) => this.#inputsOf(line), {})) {
      rows.push(row);
      if (rows.length >= most) break;
    }
    return rows;
  }

  /**
   * Expects each row to be a line's own, and its outputs to be those of its inputs, unless it is the bad line's.
   *
   * @returns ids of the lines that have outputs, in the order of their rows
   */
  expectRight(rows: readonly JobRow<Output>[], where: string, { but = "" }: { readonly but?: string } = {}): string[] {
    const seen = new Set<string>();
    for (const { id, outcome } of rows) {
      const positions = this.#positions.get(id);
      if (positions === undefined) throw broken(where, "the id of a line in each row", "another id");
      expectThat(!seen.has(id), where, "one row for each line", "two for one of them");
      seen.add(id);
      if (id === but) continue;
      const of = `line ${[...this.#positions.keys()].indexOf(id)}`;
      if (!isList(outcome)) throw broken(where, `the outputs of ${of} in its row`, nameOf(outcome), outcome);
      expectThat(outcome.length === positions.length, where, `${positions.length} in ${of}`, `${outcome.length}`);
      for (const [index, position] of positions.entries()) {
        const output = outcome[index] as Output | Error;
        if (output instanceof Error) throw broken(where, `an output in the row of ${of}`, nameOf(output), output);
        const isOwn = this.subject.equals(output, this.#expected[position] as Output);
        expectThat(isOwn, where, `its own output in the row of ${of}`, "another value");
      }
    }
    return [...seen].filter((id) => id !== but);
  }

  #inputsOf(id: string): readonly Input[] {
    const positions = this.#positions.get(id);
    if (positions === undefined) this.foreign.push(id);
    return (positions ?? []).map((position) => this.subject.inputs[position] as Input);
  }
}

function isList<Output>(outcome: JobRow<Output>["outcome"]): outcome is readonly (Output | Error)[] {
  return Array.isArray(outcome);
}

/** Error of a row whose line has failed, alone or with its only input. */
export function errorIn(row: JobRow<unknown> | undefined): Error | undefined {
  const outcome = row?.outcome;
  const first: unknown = Array.isArray(outcome) ? outcome[0] : outcome;
  return first instanceof Error ? first : undefined;
}

function idOf(line: number): string {
  return `line-${line}`;
}
