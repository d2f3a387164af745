import { type JobBackend, type JobRow, ResultError } from "@batchwise/core";
import type { ScriptedBackend } from "@batchwise/testkit";

interface Job<Answer> {
  readonly id: string;
  readonly tag: string;
  readonly rows: JobRow<Answer>[];
  hasEnded: boolean;
  readonly stop: AbortController;
}

/** Offline jobs whose work the testkit's backend does: a line is a call, and a job makes one after another. */
export function jobsOn<Answer>(backend: ScriptedBackend<string, Answer>): JobBackend<string, Answer> {
  const jobs: Job<Answer>[] = [];
  const jobOf = (id: string): Job<Answer> => jobs.find((job) => job.id === id) as Job<Answer>;
  const work = async (job: Job<Answer>, lines: readonly (readonly [id: string, inputs: string[]])[]): Promise<void> => {
    for (const [id, inputs] of lines) {
      if (job.stop.signal.aborted) break;
      try {
        const answers = await backend.callIndexed(inputs, { signal: job.stop.signal });
        const isRight = answers.every((each, index) => each.index === index);
        job.rows.push({
          id,
          outcome: isRight ? answers.map((each) => each.answer) : new ResultError("Expected order, got another."),
        });
      } catch (error) {
        job.rows.push({ id, outcome: error as Error });
      }
    }
    job.hasEnded = true;
  };
  return {
    identity: "scripted",
    caps: { inputsPerLine: 100 },
    line: (inputs, id) => ({ id, text: JSON.stringify(inputs) }),
    create: async (lines, tag) => {
      const job: Job<Answer> = { id: String(jobs.length), tag, rows: [], hasEnded: false, stop: new AbortController() };
      jobs.push(job);
      void work(
        job,
        lines.map(({ id, text }) => [id, JSON.parse(text) as string[]]),
      );
      return job.id;
    },
    find: async (prefix) => jobs.filter((job) => job.tag.startsWith(prefix)),
    poll: async (id) => ({ status: jobOf(id).hasEnded ? "ended" : "running" }),
    // oxlint-disable-next-line require-yield -- the rows are there already
    async *rows(id) {
      yield* jobOf(id).rows;
    },
    cancel: async (id) => jobOf(id).stop.abort(new Error("The job was canceled.")),
  };
}
