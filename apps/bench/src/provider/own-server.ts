import { type Clock, systemClock } from "@batchwise/core";
// The simulations of the engine have the same servers, on a clock that stands still.
import {
  type Complaint,
  type Crowd,
  CrowdedServer,
  QueueServer,
  SmallServer,
  type Speed,
} from "../../../../packages/core/test/latency/own-servers.ts";
import type { Server } from "../../../../packages/core/test/latency/server.ts";
import { seededRandom } from "./random.ts";

/** Server of one's own, which has no limits a minute. */
export type OwnServer = (({ readonly kind: "queue" } & Speed) | ({ readonly kind: "crowd" } & Crowd)) & {
  /** Texts in a request that it takes; to more it answers with a status. @default any number */
  readonly most?: number;
  readonly complaint?: Exclude<Complaint, "time-out">;
};

/** Makes such a server on the machine's clock. */
export function makeOwnServer(own: OwnServer, seed: number, clock: Clock = systemClock): Server {
  const random = seededRandom(seed);
  const server = own.kind === "queue" ? new QueueServer(clock, random, own) : new CrowdedServer(clock, random, own);
  const { most, complaint = 413 } = own;
  return most === undefined ? server : new SmallServer(clock, server, most, complaint);
}

/** Tokens a millisecond at its best. */
export function fullSpeed(own: OwnServer): number {
  return own.kind === "queue" ? own.slots * own.tokensPerMs : own.tokensPerMs;
}
