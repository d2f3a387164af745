import type { JobLine } from "./job-line.ts";

/** How far a job has come, in OpenAI's words. */
export type Phase =
  | "validating"
  | "failed"
  | "in_progress"
  | "finalizing"
  | "completed"
  | "expired"
  | "cancelling"
  | "cancelled";

/** Why a job was not begun. */
export interface JobFailure {
  readonly code: string;
  readonly message: string;
  /** Number of the line to blame, from 1. */
  readonly line?: number;
}

/** What is known of a job when it is created. */
export interface JobPlan {
  readonly id: string;
  readonly provider: "openai" | "cohere";
  readonly model: string;
  /** What its creator calls it: OpenAI's metadata `tag`, Cohere's name. */
  readonly tag: string;
  /** In the order in which they are worked off. */
  readonly lines: readonly JobLine[];
  readonly createdAt: number;
  readonly durationMs: number;
  /** Lines that are done when it expires; undefined for one that does not. */
  readonly expiresAfter: number | undefined;
  readonly failure: JobFailure | undefined;
  readonly cancelMs: number;
  readonly missingFileMs: number;
}

/** A job is looked at until this share of its time is over. */
const VALIDATED = 0.1;
/** Its lines are worked off until this share of it. */
const WORKED_OFF = 0.9;

/** One offline job. All that it does follows from the time. */
export class Job {
  readonly plan: JobPlan;
  /** Names of what it has written already. */
  readonly written: Set<string> = new Set();
  #cancelledAt: number | undefined;

  constructor(plan: JobPlan) {
    this.plan = plan;
  }

  phase(now: number): Phase {
    const { createdAt, durationMs, failure, expiresAfter, cancelMs } = this.plan;
    const age = now - createdAt;
    if (this.#cancelledAt !== undefined) return now >= this.#cancelledAt + cancelMs ? "cancelled" : "cancelling";
    if (age < durationMs * VALIDATED) return "validating";
    if (failure !== undefined) return "failed";
    if (age < durationMs * WORKED_OFF) return "in_progress";
    if (age < durationMs) return expiresAfter === undefined ? "finalizing" : "in_progress";
    return expiresAfter === undefined ? "completed" : "expired";
  }

  /** When it went over into its last phase, or will if nobody cancels it. */
  get endsAt(): number {
    const { createdAt, durationMs, failure, cancelMs } = this.plan;
    if (this.#cancelledAt !== undefined) return this.#cancelledAt + cancelMs;
    return createdAt + durationMs * (failure === undefined ? 1 : VALIDATED);
  }

  hasEnded(now: number): boolean {
    return ENDED.has(this.phase(now));
  }

  /** Whether its files can be had. */
  hasFiles(now: number): boolean {
    return this.plan.failure === undefined && this.hasEnded(now) && now >= this.endsAt + this.plan.missingFileMs;
  }

  /** The lines that are done. */
  done(now: number): readonly JobLine[] {
    const { lines, createdAt, durationMs, failure, expiresAfter = lines.length } = this.plan;
    if (failure !== undefined) return [];
    const age = Math.min(now, this.#cancelledAt ?? Infinity) - createdAt;
    const share = durationMs === 0 ? 1 : (age / durationMs - VALIDATED) / (WORKED_OFF - VALIDATED);
    return lines.slice(0, Math.min(expiresAfter, Math.floor(lines.length * Math.min(1, Math.max(0, share)))));
  }

  /** The lines that were not come to when it expired. */
  expired(now: number): readonly JobLine[] {
    return this.phase(now) === "expired" ? this.plan.lines.slice(this.plan.expiresAfter) : [];
  }

  /** Stops it; false where it has ended already. */
  cancel(now: number): boolean {
    if (this.hasEnded(now)) return false;
    this.#cancelledAt ??= now;
    return true;
  }
}

const ENDED: ReadonlySet<Phase> = new Set<Phase>(["failed", "completed", "expired", "cancelled"]);
