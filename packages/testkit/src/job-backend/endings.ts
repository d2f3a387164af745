import type { JobRow, JobState } from "@batchwise/core";

import { broken, expectThat } from "../law.ts";
import type { JobLaw } from "./job-law.ts";
import { errorIn, JobTrial } from "./job-trial.ts";

/** J6 (P31): a job that is completed without its rows would be taken for one of which nothing was done. */
const late: JobLaw = {
  number: "J6",
  title: "a job has not ended while its rows are still to come",
  advice: "report `running` until its rows can be read.",
  async check(subject) {
    const trial = await JobTrial.open(subject, "rows late");
    const { status } = await trial.backend.poll(await trial.create(), {});
    expectThat(status === "running", "poll, all lines worked off and no rows yet", "running", status);
  },
};

/** J7 (P31): failed lines are not lines that were never worked on. */
const noGood: JobLaw = {
  number: "J7",
  title: "a job without one good line has an error for each",
  advice: "read the errors too where there are no answers.",
  async check(subject) {
    const where = "rows, every line failed";
    const trial = await JobTrial.open(subject, "no good line");
    const { id } = await trial.run(where);
    const rows = await trial.rows(id);
    const errors = new Set(rows.filter((row) => errorIn(row) !== undefined).map((row) => row.id));
    const count = subject.inputs.length;
    expectThat(errors.size === count && rows.length === count, where, `${count} rows with an Error`, `${errors.size}`);
  },
};

/** J8 (P32): what was done is paid for; only the rest is sent again. */
const expired: JobLaw = {
  number: "J8",
  title: "an expired job keeps its finished rows, and has none for the rest",
  advice: "read what was finished, leave out the rest, and give a `reason` that is `retryable`.",
  async check(subject) {
    const where = "rows, the job expired";
    const trial = await JobTrial.open(subject, "expired");
    const { id, state } = await trial.run(where);
    expectPart(trial, await trial.rows(id), where);
    expectReason(state, "poll, the job expired");
  },
};

/** J9 (P32): the same where the caller stops it. */
const canceled: JobLaw = {
  number: "J9",
  title: "a canceled job keeps its finished rows, and has none for the rest",
  advice: "read what was finished, leave out the rest, and give a `reason` that is `retryable`.",
  async check(subject) {
    const where = "rows, the job was canceled under way";
    const trial = await JobTrial.open(subject, "under way");
    const id = await trial.create();
    const { status } = await trial.backend.poll(id, {});
    expectThat(status === "running", "poll, a job under way", "running", status);
    await trial.backend.cancel(id, {});
    const state = await trial.ended(id, where);
    expectPart(trial, await trial.rows(id), where);
    expectReason(state, "poll, the job was canceled");
  },
};

/** Laws of how a job ends. */
export const laws: readonly JobLaw[] = [late, noGood, expired, canceled];

/** Expects the rows of some lines, and of not all. */
function expectPart<Output>(trial: JobTrial<any, Output>, rows: readonly JobRow<Output>[], where: string): void {
  const right = trial.expectRight(rows, where);
  const { length } = trial.subject.inputs;
  expectThat(right.length > 0, where, "the rows of the lines that were answered", "none");
  expectThat(right.length < length, where, "no row for a line that was not worked on", "a row for each line");
}

/** Expects the reason to say that the lines without a row may be sent again. */
function expectReason({ reason }: JobState, where: string): void {
  if (reason === undefined) throw broken(where, "a `reason` why it ended early", "none");
  const isRetryable = (reason as { readonly retryable?: unknown }).retryable === true;
  if (!isRetryable)
    throw broken(where, "a `reason` that is `retryable`: the rest may be sent again", "another", reason);
}
