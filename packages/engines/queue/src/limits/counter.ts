import type { Demand } from "@batchwise/core";
import type { QueueEngine } from "../engine/queue-engine.ts";
import { SLOT_MS } from "./take-sql.ts";

/** What is asked of a shared count, in one round trip. */
export interface Asking {
  /** Calls, in the order in which they are to be let through. */
  readonly wanted: readonly Demand[];
  /** What was used otherwise than it was granted; below 0 for less. */
  readonly corrections: readonly Correction[];
  /** Milliseconds for which nobody is to be let through, from now on. */
  readonly pauseMs: number;
}

/** An amount to be added to what was granted at a time. */
export interface Correction extends Demand {
  /** The grant's slot; `NOW` for the time at which the correction arrives. */
  readonly slot: number;
}

export const NOW = -1;

/** What a shared count answers. */
export interface Grant {
  /** How many of the wanted calls may go: the first ones. */
  readonly granted: number;
  /** When they were granted. */
  readonly slot: number;
  /** Milliseconds until the next one may pass; 0 where all may go. */
  readonly waitMs: number;
}

/** Counts for all processes together. */
export type Counter = (asking: Asking) => Promise<Grant>;

/** Limits of a window; Infinity where there is none. */
export type Limits = Demand;

/** PostgreSQL's arrays of numbers hold this, which no count reaches. */
const UNLIMITED = 1e300;

/** The count in an engine's database, by its clock and under a lock of its row. */
export function databaseCounter(engine: QueueEngine, name: string, limits: Limits, windowMs: number): Counter {
  const slots = Math.ceil(windowMs / SLOT_MS);
  return ({ wanted, corrections, pauseMs }) =>
    engine.run(async ({ database, schema }) => {
      const [row] = await database.query<{ granted: number; granted_slot: number; wait_ms: number }>(
        `SELECT granted, granted_slot, wait_ms FROM ${schema}.take($1, $2, $3::float8[], $4::float8[], $5, $6)`,
        [
          name,
          slots,
          numbers([limits]).map((limit) => Math.min(limit, UNLIMITED)),
          numbers(wanted),
          JSON.stringify(corrections),
          pauseMs,
        ],
      );
      return { granted: row!.granted, slot: row!.granted_slot, waitMs: row!.wait_ms };
    });
}

function numbers(demands: readonly Demand[]): number[] {
  return demands.flatMap(({ requests, inputs, tokens }) => [requests, inputs, tokens]);
}
