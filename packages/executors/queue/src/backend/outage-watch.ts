import type { Clock } from "@batchwise/core";
import { reasonOf } from "./database-failure.ts";

/** Event of an outage of the queue's database. */
export interface Outage {
  /** "lost": it cannot be reached any more. "away": still, every ten seconds. "back": it answers again. */
  readonly status: "lost" | "away" | "back";
  /** Milliseconds since it was lost. */
  readonly awayMs: number;
  /** Words for what was the matter last, such as "nothing that listens at its host and port (ECONNREFUSED)". */
  readonly reason: string;
}

/** Milliseconds between two reports, and after which a call without an answer counts as an outage. */
const REPORT_MS = 10_000;

/** Watch over the outages of one database, by the calls of all who use it. */
export class OutageWatch {
  readonly #clock: Clock;
  readonly #report: ((outage: Outage) => void) | undefined;
  #lostAt: number | undefined;
  #reason = "";
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, report: ((outage: Outage) => void) | undefined) {
    this.#clock = clock;
    this.#report = report;
  }

  /** Watches one call. */
  async over<T>(call: () => Promise<T>): Promise<T> {
    if (this.#report === undefined) return call();
    const cancel = this.#clock.after(REPORT_MS, () => this.lost(undefined));
    try {
      const result = await call();
      this.#back();
      return result;
    } finally {
      cancel();
    }
  }

  /** A call was lost, with this error or without any answer. */
  lost(error: unknown): void {
    this.#reason = error === undefined ? "no answer" : reasonOf(error);
    if (this.#lostAt !== undefined) return;
    this.#lostAt = this.#clock.now();
    this.#say("lost");
    this.#again();
  }

  close(): void {
    this.#cancel?.();
    this.#lostAt = undefined;
  }

  #back(): void {
    if (this.#lostAt === undefined) return;
    this.#cancel?.();
    this.#say("back");
    this.#lostAt = undefined;
  }

  #again(): void {
    this.#cancel = this.#clock.after(REPORT_MS, () => {
      this.#say("away");
      this.#again();
    });
  }

  #say(status: Outage["status"]): void {
    const now = this.#clock.now();
    this.#report?.({ status, awayMs: now - (this.#lostAt ?? now), reason: this.#reason });
  }
}
