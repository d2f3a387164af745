import {
  type JobBackend,
  type JobCallOptions,
  type JobLine,
  type JobRow,
  type JobState,
  ProviderError,
  ResultError,
} from "@batchwise/core";

import { collected, MemoryBackend, type MemoryRow } from "./memory-jobs.fixture.ts";
import type { JobLawNumber, JobSituation } from "./job-subject.ts";

type Rows = AsyncGenerator<JobRow<string>, void, undefined>;
type InputsOf = (lineId: string) => readonly string[];

/** J1: calls its lines by names of its own. */
class RenamesLines extends MemoryBackend {
  override line(inputs: readonly string[], id: string): JobLine {
    return { ...super.line(inputs, id), id: `memory-${id}` };
  }
}

/** J1: writes its lines for people to read. */
class BreaksLines extends MemoryBackend {
  override line(inputs: readonly string[], id: string): JobLine {
    return { id, text: JSON.stringify({ id, inputs }, null, 2) };
  }
}

/** J2: tells accounts apart by their keys. */
class NamesTheKey extends MemoryBackend {
  override readonly identity = "memory secret-key upper-case";
}

/** J3: lists every job there is. */
class FindsEverything extends MemoryBackend {
  override find(_tagPrefix: string, options: JobCallOptions): Promise<readonly { id: string; tag: string }[]> {
    return this.provider.answer(options.signal, () => this.provider.jobs);
  }
}

/** J4: takes a job that is gone for one that has ended. */
class EndsWhatIsGone extends MemoryBackend {
  override async poll(id: string, options: JobCallOptions): Promise<JobState> {
    try {
      return await super.poll(id, options);
    } catch (error) {
      if (ProviderError.isInstance(error) && error.status === 404) return { status: "ended" };
      throw error;
    }
  }
}

/** J5: hands on the provider's refusal to cancel what has ended. */
class CannotCancelEnded extends MemoryBackend {
  override async cancel(id: string, options: JobCallOptions): Promise<void> {
    await super.cancel(id, options);
    if (this.provider.stateOf(id) === "completed") throw new Error("Cannot cancel a job that is completed.");
  }
}

/** J6: takes "completed" for the end. */
class EndsEarly extends MemoryBackend {
  override async poll(id: string, options: JobCallOptions): Promise<JobState> {
    const state = await super.poll(id, options);
    return this.provider.stateOf(id) === "completed" ? { status: "ended" } : state;
  }
}

/** J7: reads errors only beside answers. */
class NeedsAnswers extends MemoryBackend {
  override async *rows(id: string, inputsOf: InputsOf, options: JobCallOptions): Rows {
    const rows = await collected(super.rows(id, inputsOf, options));
    if (rows.some(({ outcome }) => Array.isArray(outcome))) yield* rows;
  }
}

/** J8: reads only what has completed. */
class ForgetsExpired extends MemoryBackend {
  override async *rows(id: string, inputsOf: InputsOf, options: JobCallOptions): Rows {
    const rows = await collected(super.rows(id, inputsOf, options));
    if (this.provider.stateOf(id) !== "expired") yield* rows;
  }
}

/** J8: takes what was not worked on for what failed. */
class FailsTheRest extends MemoryBackend {
  override async *rows(id: string, inputsOf: InputsOf, options: JobCallOptions): Rows {
    yield* super.rows(id, inputsOf, options);
    if (this.provider.stateOf(id) !== "expired") return;
    for (const line of this.provider.jobOf(id).lines.slice(-2))
      yield { id: line.id, outcome: new ResultError("Late.") };
  }
}

/** J9: forgets a job that it has canceled. */
class ForgetsCanceled extends MemoryBackend {
  override async *rows(id: string, inputsOf: InputsOf, options: JobCallOptions): Rows {
    const rows = await collected(super.rows(id, inputsOf, options));
    if (this.provider.stateOf(id) !== "canceled") yield* rows;
  }
}

/** J10: lays rows beside lines. */
class MatchesByPosition extends MemoryBackend {
  override async *rows(id: string, inputsOf: InputsOf, options: JobCallOptions): Rows {
    const rows = await collected(super.rows(id, inputsOf, options));
    const { lines } = this.provider.jobOf(id);
    for (const [index, { outcome }] of rows.entries()) yield { id: lines[index]!.id, outcome };
  }
}

/** J11: passes over what failed, so that it is sent again and again. */
class DropsFailures extends MemoryBackend {
  override async *rows(id: string, inputsOf: InputsOf, options: JobCallOptions): Rows {
    const rows = await collected(super.rows(id, inputsOf, options));
    const good = rows.filter(({ outcome }) => Array.isArray(outcome));
    yield* good.length > 0 ? good : rows;
  }
}

/** J12: gives up a file for one of its rows. */
class ThrowsAtUnreadable extends MemoryBackend {
  protected override read(text: string): MemoryRow {
    return JSON.parse(text) as MemoryRow;
  }
}

/** J13: trusts that every row is its own. */
class TrustsIds extends MemoryBackend {
  override async *rows(id: string, inputsOf: InputsOf, options: JobCallOptions): Rows {
    yield* super.rows(id, (lineId) => [...inputsOf(lineId), "and one"], options);
  }
}

/** J14: has read its file when it has read it. */
class ReadsOnce extends MemoryBackend {
  readonly #read = new Set<string>();

  override async *rows(id: string, inputsOf: InputsOf, options: JobCallOptions): Rows {
    if (this.#read.has(id)) return;
    this.#read.add(id);
    yield* super.rows(id, inputsOf, options);
  }
}

/** J15: says in the error which text it was. */
class QuotesInputs extends MemoryBackend {
  protected override rowOf(row: MemoryRow, inputs: readonly string[]): JobRow<string> {
    if (row.error === undefined) return super.rowOf(row, inputs);
    return { id: row.id, outcome: new ResultError(`Cannot work on "${inputs.join()}".`) };
  }
}

/** J15: repeats the key that a client's error holds. */
class QuotesTheKey extends MemoryBackend {
  protected override rowOf(row: MemoryRow, inputs: readonly string[]): JobRow<string> {
    if (row.error === undefined) return super.rowOf(row, inputs);
    return { id: row.id, outcome: Object.assign(new ResultError("Failed."), { headers: ["Bearer secret-key"] }) };
  }
}

/** J16: keeps the signal to itself in one of its calls. */
class KeepsTheSignal extends MemoryBackend {
  override find(tagPrefix: string): Promise<readonly { id: string; tag: string }[]> {
    return super.find(tagPrefix, {});
  }
}

type MakeJobs = new (situation: JobSituation<string>) => JobBackend<string, string>;

/** Job backends that break the laws, each in the way that its first words say. */
export const brokenJobs: readonly (readonly [law: JobLawNumber, make: MakeJobs])[] = [
  ["J1", RenamesLines],
  ["J1", BreaksLines],
  ["J2", NamesTheKey],
  ["J3", FindsEverything],
  ["J4", EndsWhatIsGone],
  ["J5", CannotCancelEnded],
  ["J6", EndsEarly],
  ["J7", NeedsAnswers],
  ["J8", ForgetsExpired],
  ["J8", FailsTheRest],
  ["J9", ForgetsCanceled],
  ["J10", MatchesByPosition],
  ["J11", DropsFailures],
  ["J12", ThrowsAtUnreadable],
  ["J13", TrustsIds],
  ["J14", ReadsOnce],
  ["J15", QuotesInputs],
  ["J15", QuotesTheKey],
  ["J16", KeepsTheSignal],
];
