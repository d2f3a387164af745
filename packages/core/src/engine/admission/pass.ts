import type { Demand, Reservation } from "../../contract/rate-limiter.ts";

/** Right of a chunk to be sent: a permit, and a reservation where there is a limiter. */
export interface Pass {
  readonly reservation: Reservation | undefined;
}

/** Right of a chunk where nothing is limited. */
export const FREE: Pass = { reservation: undefined };

/** Settles the reservation of a chunk that is not sent after all. */
export function giveBack({ reservation }: Pass): void {
  reservation?.settle({ outcome: "failed", used: NOTHING });
}

const NOTHING: Demand = { requests: 0, inputs: 0, tokens: 0 };
