import { ProviderError } from "@batchwise/core";

import { broken, expectThat, nameOf } from "../law.ts";
import type { JobLaw } from "./job-law.ts";
import { JobTrial, TAG } from "./job-trial.ts";

/** J3: after a crash, a job is found again instead of being paid twice. */
const find: JobLaw = {
  number: "J3",
  title: "a job is found by the beginning of its tag, and by no other text",
  advice: "compare the beginning of each job's tag with the prefix.",
  async check(subject) {
    const trial = await JobTrial.open(subject, "well");
    const id = await trial.create();
    const other = await trial.create("laws-2/shard-1");
    const found = async (prefix: string): Promise<string> => {
      const jobs = await trial.backend.find(prefix, {});
      return jobs
        .map((job) => `${job.id} ${job.tag}`)
        .toSorted()
        .join(", ");
    };
    const both = [`${id} ${TAG}`, `${other} laws-2/shard-1`].toSorted().join(", ");
    const cases = {
      [TAG]: `${id} ${TAG}`,
      "laws-1/": `${id} ${TAG}`,
      "laws-": both,
      "shard-1": "",
      "laws-1/shard-11": "",
    };
    for (const [prefix, expected] of Object.entries(cases)) {
      const got = await found(prefix);
      expectThat(
        got === expected,
        `find("${prefix}")`,
        expected === "" ? "no job" : expected,
        got === "" ? "no job" : got,
      );
    }
  },
};

/** J4: only a job that is gone is made anew. */
const gone: JobLaw = {
  number: "J4",
  title: "a job that is gone is a ProviderError of status 404",
  advice: "throw a ProviderError with `status: 404`.",
  async check(subject) {
    const { backend } = await JobTrial.open(subject, "well");
    const where = "poll, a job that the provider does not know";
    const error = await backend.poll(subject.unknownId, {}).then(
      ({ status }) => `a state (${status})`,
      (thrown: unknown) => thrown,
    );
    if (typeof error === "string") throw broken(where, "a rejection", error);
    const isRight = ProviderError.isInstance(error) && error.status === 404;
    if (!isRight) throw broken(where, "a ProviderError of status 404", nameOf(error), error);
  },
};

/** J5: a job may end while it is being canceled. */
const cancelEnded: JobLaw = {
  number: "J5",
  title: "canceling a job that has ended is not an error, and leaves its rows",
  advice: "take the provider's refusal to cancel it for success, and keep its rows.",
  async check(subject) {
    const where = "cancel, a job that has ended";
    const trial = await JobTrial.open(subject, "well");
    const { id } = await trial.run(where);
    const [end] = await Promise.allSettled([trial.backend.cancel(id, {})]);
    if (end.status === "rejected") throw broken(where, "no error", nameOf(end.reason), end.reason);
    const right = trial.expectRight(await trial.rows(id), where);
    expectThat(right.length === subject.inputs.length, where, "all rows afterwards", `${right.length}`);
  },
};

/** Laws of single calls. */
export const laws: readonly JobLaw[] = [find, gone, cancelEnded];
