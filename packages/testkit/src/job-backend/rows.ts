import { inspect } from "node:util";

import { broken, expectThat } from "../law.ts";
import { placeOfQuote } from "../quotes.ts";
import type { JobLaw } from "./job-law.ts";
import { errorIn, JobTrial } from "./job-trial.ts";

/** J10 (P7): providers promise no order. */
const order: JobLaw = {
  number: "J10",
  title: "rows are matched by id, whatever their order",
  advice: "find a row's line by its id.",
  async check(subject) {
    const { backend } = await JobTrial.open(subject, "well");
    const { inputsPerLine = 1 } = backend.caps;
    for (const perLine of new Set([1, Math.min(2, inputsPerLine)])) {
      const where = `rows in another order than their lines, ${perLine} in a line`;
      const trial = await JobTrial.open(subject, "well", { perLine });
      const { id } = await trial.run(where);
      const ids = trial.expectRight(await trial.rows(id), where);
      const lines = trial.lines.map((line) => line.id);
      expectThat(ids.length === lines.length, where, `${lines.length} rows`, `${ids.length}`);
      expectThat(ids.join() !== lines.join(), where, "rows in another order, as the provider gives them", "the lines'");
    }
  },
};

/** J11 (P33): one line's failure is its own. */
const failure: JobLaw = {
  number: "J11",
  title: "a line that failed has its error, and the others their outputs",
  advice: "give the failed line a row with its Error.",
  async check(subject) {
    const where = "rows, one line failed";
    const trial = await JobTrial.open(subject, "bad line");
    const { badLine } = trial.situation;
    const { id } = await trial.run(where);
    const rows = await trial.rows(id);
    const right = trial.expectRight(rows, where, { but: badLine });
    expectThat(right.length === subject.inputs.length - 1, where, "the outputs of the others", `${right.length}`);
    const error = errorIn(rows.find((row) => row.id === badLine));
    expectThat(error !== undefined, where, "an Error in the row of the line that failed", "none");
  },
};

/** J12 (P53): what was paid for is not lost with a row that is broken. */
const unreadable: JobLaw = {
  number: "J12",
  title: "a row that cannot be read costs its own line alone",
  advice: "read each row by itself, and give one that cannot be read an Error, or leave it out.",
  async check(subject) {
    const where = "rows, one of which cannot be read";
    const trial = await JobTrial.open(subject, "unreadable row");
    const { badLine } = trial.situation;
    const { id } = await trial.run(where);
    const rows = await trial.rows(id).catch((error: unknown) => {
      throw broken(where, "the rows of the other lines", "an error instead", error);
    });
    const right = trial.expectRight(rows, where, { but: badLine });
    expectThat(right.length === subject.inputs.length - 1, where, "the rows of the other lines", `${right.length}`);
    const bad = rows.find((row) => row.id === badLine);
    expectThat(bad === undefined || errorIn(bad) !== undefined, where, "none for it, or an Error", "an output");
  },
};

/** J13: an id may come back changed, or from another's job. */
const foreign: JobLaw = {
  number: "J13",
  title: "a row of a foreign id is passed over",
  advice: "leave out a row for whose id `inputsOf` gives no inputs.",
  async check(subject) {
    const where = "rows, one of which has an id that is not a line's";
    const trial = await JobTrial.open(subject, "foreign row");
    const { id } = await trial.run(where);
    const rows = await trial.rows(id).catch((error: unknown) => {
      throw broken(where, "the rows of the lines", "an error instead", error);
    });
    const right = trial.expectRight(rows, where);
    expectThat(right.length === subject.inputs.length, where, `${subject.inputs.length} rows`, `${right.length}`);
    expectThat(trial.foreign.length > 0, where, "`inputsOf` to be asked for its id", "no such row of the provider");
  },
};

/** J14: reading may break off, or its process. */
const again: JobLaw = {
  number: "J14",
  title: "rows can be read again from the start",
  advice: "read the rows from the start in every call of `rows`.",
  async check(subject) {
    const trial = await JobTrial.open(subject, "well");
    const { id } = await trial.run("rows");
    await trial.rows(id, 2);
    for (const where of ["rows, after a reader that left after two", "rows, after they were read to their end"]) {
      const right = trial.expectRight(await trial.rows(id), where);
      expectThat(right.length === subject.inputs.length, where, `${subject.inputs.length} rows`, `${right.length}`);
    }
  },
};

/** J15 (P35): an error is written into logs and into the files of a run. */
const quotes: JobLaw = {
  number: "J15",
  title: "an error quotes neither an input nor the key",
  advice: "say its kind and its place; leave out the provider's words, which may quote, and the request.",
  async check(subject) {
    const where = "rows, one line failed";
    const errors: (Error | undefined)[] = [];
    for (const bad of subject.inputs.keys()) {
      const trial = await JobTrial.open(subject, "bad line", { bad });
      const { id } = await trial.run(where);
      const rows = await trial.rows(id);
      errors.push(errorIn(rows.find((row) => row.id === trial.situation.badLine)));
    }
    const place = placeOfQuote(subject.inputs, errors);
    expectThat(place === undefined, where, "no input in an error", `one in its \`${place}\``);
    const printed = errors.map((error) => inspect(error, { depth: 8 })).join("\n");
    expectThat(!printed.includes(subject.key), where, "no key in an error", "the key");
  },
};

/** Laws of a job's rows. */
export const laws: readonly JobLaw[] = [order, failure, unreadable, foreign, again, quotes];
