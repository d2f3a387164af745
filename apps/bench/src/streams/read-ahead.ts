import { setImmediate as turn } from "node:timers/promises";
import type { StreamShape } from "../floor.ts";
import type { Bulk } from "./bulks.ts";
import type { StreamContender } from "./stream-contender.ts";
import { texts, turns } from "./texts.ts";

/** Read-ahead of a stream, in texts. */
export interface ReadAhead {
  /** Most texts that were pulled and had no outcome yet: in flight, waiting, or in a bulk being filled. */
  readonly unsettled: number;
  /** Most texts that were pulled and whose outcomes were not read yet, while the consumer keeps reading. */
  readonly unread: number;
  /** Texts that were pulled while the consumer stood still after its first outcome. */
  readonly stalled: number;
  /** Most bulks that were in flight at once. */
  readonly inFlight: number;
}

/** Turns of the event loop in which the consumer stands still. In each, a whole bulk can be answered. */
const STALLED_TURNS = 100;

/** Measures the read-ahead of a contender over `count` texts, and while its consumer stands still. */
export async function readAhead(contender: StreamContender, count: number, shape: StreamShape): Promise<ReadAhead> {
  const gauge = newGauge();
  for await (const outcome of contender.run(counted(texts(count), gauge), answering(gauge), shape)) {
    if (outcome.status === "fulfilled") gauge.read++;
  }
  return {
    unsettled: gauge.unsettled,
    unread: gauge.unread,
    stalled: await pulledWhileStalled(contender, count, shape),
    inFlight: gauge.inFlight,
  };
}

interface Gauge {
  pulled: number;
  settled: number;
  read: number;
  calls: number;
  unsettled: number;
  unread: number;
  inFlight: number;
}

function newGauge(): Gauge {
  return { pulled: 0, settled: 0, read: 0, calls: 0, unsettled: 0, unread: 0, inFlight: 0 };
}

async function* counted(source: AsyncIterable<string>, gauge: Gauge): AsyncGenerator<string, void, undefined> {
  for await (const text of source) {
    gauge.pulled++;
    gauge.unsettled = Math.max(gauge.unsettled, gauge.pulled - gauge.settled);
    gauge.unread = Math.max(gauge.unread, gauge.pulled - gauge.read);
    yield text;
  }
}

function answering(gauge: Gauge): Bulk {
  return async (inputs) => {
    gauge.inFlight = Math.max(gauge.inFlight, ++gauge.calls);
    await turn();
    gauge.calls--;
    gauge.settled += inputs.length;
    return inputs.map((text) => text.length);
  };
}

async function pulledWhileStalled(contender: StreamContender, count: number, shape: StreamShape): Promise<number> {
  const gauge = newGauge();
  for await (const outcome of contender.run(counted(texts(count), gauge), answering(gauge), shape)) {
    if (outcome.status === "fulfilled") gauge.read++;
    await turns(STALLED_TURNS);
    break;
  }
  return gauge.pulled;
}
