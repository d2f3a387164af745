import type { RowFault } from "./faults/arrange-rows.ts";
import type { TransportFault } from "./faults/transport-fault.ts";
import type { LimitKind } from "./limits/pool.ts";

/** Anything that the `faults` option made happen. */
export type FaultName = TransportFault | RowFault | "rateLimit" | "quota" | "poison" | "lostCreate";

/** How often one text came along. */
export interface InputCount {
  /** In a request that was read. */
  sent: number;
  /** In one that was let in, and so paid for. */
  charged: number;
  /** In one that was answered whole, with a row for it. */
  answered: number;
}

/** Jobs, and lines of jobs that were answered well. */
export interface TagCounts {
  readonly created: number;
  readonly linesAnswered: number;
}

/** What has become of offline jobs. */
export interface JobCounts extends TagCounts {
  /** By what their creator calls them: OpenAI's metadata `tag`, Cohere's name. */
  readonly byTag: Readonly<Record<string, TagCounts>>;
}

/** What has happened since the start or the last `reset`. */
export interface EmulatorStats {
  /** Requests that arrived, whatever became of them. */
  readonly requests: number;
  /** Requests whose good answer was sent whole. */
  readonly answered: number;
  /** Inputs in those answers. */
  readonly inputsAnswered: number;
  /** Requests by the status that was sent. */
  readonly byStatus: Readonly<Record<string, number>>;
  /** Requests by endpoint, as `POST /v1/embeddings`. */
  readonly byEndpoint: Readonly<Record<string, number>>;
  /** 429s, for whatever reason. */
  readonly rateLimited: number;
  /** Requests whose client went away before the end of the answer. */
  readonly aborted: number;
  /** What the `faults` option made happen. */
  readonly faults: Readonly<Partial<Record<FaultName, number>>>;
  /** Tokens of requests that were let in. */
  readonly tokensAdmitted: number;
  /** Tokens of requests that a limit refused. */
  readonly tokensRejected: number;
  /** Tokens that were let in, and so charged, although no whole answer came of them. */
  readonly tokensWasted: number;
  /** Offline jobs. Their lines count here, in `inputs` and nowhere else. */
  readonly jobs: JobCounts;
  readonly inFlight: number;
  readonly peakInFlight: number;
  /** For each pool, what passed of each limit, as a share of what could have until the pool's last request. */
  readonly bucketUse: Readonly<Record<string, Readonly<Partial<Record<LimitKind, number>>>>>;
  /** Connections that were opened. */
  readonly connections: number;
  /** Connections that are open. */
  readonly openConnections: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  /** Milliseconds of the clock since the start or the last `reset`. */
  readonly elapsedMs: number;
  /** By `hashText(text)`, with the option `trackInputs`. */
  readonly inputs?: Readonly<Record<string, Readonly<InputCount>>>;
}
