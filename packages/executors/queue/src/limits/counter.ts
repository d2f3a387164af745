import type { Demand } from "@batchwise/core";
import type { QueueBackend } from "../backend/queue-backend.ts";
import { SLOT_MS } from "./take-sql.ts";

/** Request to a shared counter, in one round trip. */
export interface CounterRequest {
  /** Demands of calls, in the order in which they are to be granted. */
  readonly wanted: readonly Demand[];
  /** Differences between granted and used amounts; below 0 where less was used. */
  readonly corrections: readonly Correction[];
  /** Milliseconds without any grant, from now on. */
  readonly pauseMs: number;
  /** Slot of the grant of a call that the provider has refused for a limit. */
  readonly refused?: number | undefined;
  /** True where the calls go without the pace that refusals have brought. */
  readonly isFree?: boolean;
}

/** Amount to add to the grants of a slot. */
export interface Correction extends Demand {
  /** Slot of the grant; `NOW` for the time at which the correction arrives. */
  readonly slot: number;
}

export const NOW = -1;

/** Answer of a shared counter. */
export interface Grant {
  /** Number of granted calls: the first ones. */
  readonly granted: number;
  /** Slot of the grant. */
  readonly slot: number;
  /** Milliseconds until the next one can be granted; 0 where all were. */
  readonly waitMs: number;
}

/** Counter of all processes together. */
export type Counter = (request: CounterRequest) => Promise<Grant>;

/** Limits of a window; Infinity where there is none. */
export type Limits = Demand;

/** Limit that no count reaches, and that PostgreSQL's arrays of numbers can hold. */
const UNLIMITED = 1e300;

/** Makes a counter in a backend's database, by its clock and under a lock of its row. */
export function databaseCounter(backend: QueueBackend, name: string, limits: Limits, windowMs: number): Counter {
  const slots = Math.ceil(windowMs / SLOT_MS);
  return ({ wanted, corrections, pauseMs, refused, isFree = false }) =>
    backend.run(async ({ database, schema }) => {
      const [row] = await database.query<{ granted: number; granted_slot: number; wait_ms: number }>(
        `SELECT granted, granted_slot, wait_ms FROM ${schema}.take($1, $2, $3::float8[], $4::float8[], $5, $6, $7, $8)`,
        [
          name,
          slots,
          numbers([limits]).map((limit) => Math.min(limit, UNLIMITED)),
          numbers(wanted),
          JSON.stringify(corrections),
          pauseMs,
          refused ?? null,
          isFree,
        ],
      );
      return { granted: row!.granted, slot: row!.granted_slot, waitMs: row!.wait_ms };
    });
}

function numbers(demands: readonly Demand[]): number[] {
  return demands.flatMap(({ requests, inputs, tokens }) => [requests, inputs, tokens]);
}
