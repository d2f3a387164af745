import type { JobLine } from "./job-line.ts";

/** Status of a job, in OpenAI's words. */
export type Phase =
  | "validating"
  | "failed"
  | "in_progress"
  | "finalizing"
  | "completed"
  | "expired"
  | "cancelling"
  | "cancelled";

/** Reason why a job was not started. */
export interface JobFailure {
  readonly code: string;
  readonly message: string;
  /** Number of the line to blame, from 1. */
  readonly line?: number;
}

/** Facts of a job that are set when it is created. */
export interface JobPlan {
  readonly id: string;
  readonly provider: "openai" | "cohere";
  readonly model: string;
  /** Tag of its creator: OpenAI's metadata `tag`, Cohere's name. */
  readonly tag: string;
  /** In the order of processing. */
  readonly lines: readonly JobLine[];
  readonly createdAt: number;
  readonly durationMs: number;
  /** Lines that are done when it expires; undefined for one that does not. */
  readonly expiresAfter: number | undefined;
  readonly failure: JobFailure | undefined;
  readonly cancelMs: number;
  readonly missingFileMs: number;
}

/** Share of a job's time after which its validation ends. */
const VALIDATED = 0.1;
/** Share of a job's time after which its lines are processed. */
const PROCESSED = 0.9;

/** Offline job. Its state follows from the time alone. */
export class Job {
  readonly plan: JobPlan;
  /** Ids of the files that it has written. */
  readonly written: Set<string> = new Set();
  #canceledAt: number | undefined;

  constructor(plan: JobPlan) {
    this.plan = plan;
  }

  phase(now: number): Phase {
    const { createdAt, durationMs, failure, expiresAfter, cancelMs } = this.plan;
    const age = now - createdAt;
    if (this.#canceledAt !== undefined) return now >= this.#canceledAt + cancelMs ? "cancelled" : "cancelling";
    if (age < durationMs * VALIDATED) return "validating";
    if (failure !== undefined) return "failed";
    if (age < durationMs * PROCESSED) return "in_progress";
    if (age < durationMs) return expiresAfter === undefined ? "finalizing" : "in_progress";
    return expiresAfter === undefined ? "completed" : "expired";
  }

  /** Time at which its last phase began, or will begin unless it is canceled. */
  get endsAt(): number {
    const { createdAt, durationMs, failure, cancelMs } = this.plan;
    if (this.#canceledAt !== undefined) return this.#canceledAt + cancelMs;
    return createdAt + durationMs * (failure === undefined ? 1 : VALIDATED);
  }

  hasEnded(now: number): boolean {
    return ENDED.has(this.phase(now));
  }

  /** Tells whether its files can be read. */
  hasFiles(now: number): boolean {
    return this.plan.failure === undefined && this.hasEnded(now) && now >= this.endsAt + this.plan.missingFileMs;
  }

  /** Lines that are done. */
  done(now: number): readonly JobLine[] {
    const { lines, createdAt, durationMs, failure, expiresAfter = lines.length } = this.plan;
    if (failure !== undefined) return [];
    const age = Math.min(now, this.#canceledAt ?? Infinity) - createdAt;
    const share = durationMs === 0 ? 1 : (age / durationMs - VALIDATED) / (PROCESSED - VALIDATED);
    return lines.slice(0, Math.min(expiresAfter, Math.floor(lines.length * Math.min(1, Math.max(0, share)))));
  }

  /** Lines that were not processed before it expired. */
  expired(now: number): readonly JobLine[] {
    return this.phase(now) === "expired" ? this.plan.lines.slice(this.plan.expiresAfter) : [];
  }

  /** Cancels it; false when it has already ended. */
  cancel(now: number): boolean {
    if (this.hasEnded(now)) return false;
    this.#canceledAt ??= now;
    return true;
  }
}

const ENDED: ReadonlySet<Phase> = new Set<Phase>(["failed", "completed", "expired", "cancelled"]);
