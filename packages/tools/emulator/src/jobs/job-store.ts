import type { Buffer } from "node:buffer";

import type { Recorder } from "../recorder.ts";
import type { JobCounts, TagCounts } from "../stats.ts";
import type { Dataset } from "./dataset.ts";
import type { Job } from "./job.ts";

/** File that was uploaded, or written by a job. */
export interface StoredFile {
  readonly id: string;
  readonly name: string;
  readonly purpose: string;
  readonly createdAt: number;
  readonly content: () => Promise<Buffer>;
}

/** Parameters with which an OpenAI batch was created. */
interface BatchFacts {
  readonly inputFileId: string;
  readonly endpoint: string;
  readonly metadata: Readonly<Record<string, string>>;
}

const HOUR_MS = 3_600_000;

/** Files, datasets and jobs of a session. */
export class JobStore {
  readonly epochMs: number;
  readonly files: Map<string, StoredFile> = new Map();
  /** In the order of their creation. */
  readonly jobs: Map<string, Job> = new Map();
  /** Cohere's datasets by id, and those that its batches read, by the batch's id. */
  readonly datasets: Map<string, Dataset> = new Map();
  readonly inputs: Map<string, Dataset> = new Map();
  /** Parameters of OpenAI's batches, by id. */
  readonly batches: Map<string, BatchFacts> = new Map();
  /** Files that a job did not find once. */
  readonly missed: Set<string> = new Set();
  readonly #recorder: Recorder;
  readonly #counted = new Set<Job>();
  readonly #byTag = new Map<string, { created: number; linesAnswered: number }>();

  /** @param epochMs milliseconds since 1970 at which the emulator's clock is 0 */
  constructor(recorder: Recorder, epochMs: number) {
    this.#recorder = recorder;
    this.epochMs = epochMs;
  }

  add(job: Job): void {
    this.jobs.set(job.plan.id, job);
    this.#tag(job).created++;
    for (const { inputs } of job.plan.lines) this.#recorder.inputCounts("sent", inputs);
  }

  /** Tokens in unfinished jobs of a model. */
  enqueuedTokens(provider: string, model: string, now: number): number {
    let tokens = 0;
    for (const job of this.jobs.values()) {
      const { plan } = job;
      if (plan.provider !== provider || plan.model !== model || plan.failure !== undefined || job.hasEnded(now))
        continue;
      for (const line of plan.lines) tokens += line.tokens;
    }
    return tokens;
  }

  /** Milliseconds until one more job may be created, of so many an hour; 0 when it may be now. */
  creationWaitMs(mostPerHour: number, now: number): number {
    const recent = [...this.jobs.values()].map((job) => job.plan.createdAt).filter((at) => at > now - HOUR_MS);
    if (recent.length < mostPerHour) return 0;
    return (recent.at(-mostPerHour) ?? now) + HOUR_MS - now;
  }

  counts(now: number): JobCounts {
    for (const job of this.jobs.values()) if (job.hasEnded(now) && !this.#counted.has(job)) this.#count(job, now);
    const byTag = Object.fromEntries([...this.#byTag].map(([tag, counts]) => [tag, { ...counts }]));
    const sum = (name: keyof TagCounts): number =>
      Object.values(byTag).reduce((total, counts) => total + counts[name], 0);
    return { created: sum("created"), linesAnswered: sum("linesAnswered"), byTag };
  }

  /** Counts the answers of a job that has ended. */
  #count(job: Job, now: number): void {
    this.#counted.add(job);
    for (const { inputs, refusal, flaw } of job.done(now)) {
      if (refusal !== undefined || flaw === "zero") continue;
      this.#recorder.inputCounts("charged", inputs);
      if (flaw !== undefined && flaw !== "twice") continue;
      this.#tag(job).linesAnswered++;
      this.#recorder.inputCounts("answered", inputs);
    }
  }

  #tag({ plan }: Job): { created: number; linesAnswered: number } {
    let counts = this.#byTag.get(plan.tag);
    if (counts === undefined) {
      counts = { created: 0, linesAnswered: 0 };
      this.#byTag.set(plan.tag, counts);
    }
    return counts;
  }
}
