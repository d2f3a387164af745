import type { RowFault } from "./faults/arrange-rows.ts";
import type { TransportFault } from "./faults/transport-fault.ts";
import type { LimitKind } from "./limits/pool.ts";

/** Name of an injected fault. */
export type FaultName = TransportFault | RowFault | "rateLimit" | "quota" | "badInput" | "lostCreate";

/** Counts of one text. */
export interface InputCount {
  /** In a request that was read. */
  sent: number;
  /** In one that was admitted, and so paid for. */
  charged: number;
  /** In one that was answered completely, with a row for it. */
  answered: number;
  /** In one that got a scripted answer of 200 instead, in JSON, or no row of use: what no client can use. */
  malformed: number;
}

/** Counts of jobs, and of their lines that were answered well. */
export interface TagCounts {
  readonly created: number;
  readonly linesAnswered: number;
}

/** Counts of offline jobs. */
export interface JobCounts extends TagCounts {
  /** By the tag of their creator: OpenAI's metadata `tag`, Cohere's name. */
  readonly byTag: Readonly<Record<string, TagCounts>>;
}

/** Counts since the start or the last `reset`. */
export interface EmulatorStats {
  /** Requests that arrived, whatever their outcome. */
  readonly requests: number;
  /** Requests whose good answer was sent completely. */
  readonly answered: number;
  /** Inputs in those answers. */
  readonly inputsAnswered: number;
  /** Requests by the status that was sent. */
  readonly byStatus: Readonly<Record<string, number>>;
  /** Requests by endpoint, as `POST /v1/embeddings`. */
  readonly byEndpoint: Readonly<Record<string, number>>;
  /** 429s, for any reason. */
  readonly rateLimited: number;
  /** Requests whose client disconnected before the end of the answer. */
  readonly aborted: number;
  /** Injected faults, and scripted answers by their names. */
  readonly faults: { readonly [Name in FaultName]?: number } & { readonly [name: string]: number };
  /** Tokens of admitted requests. */
  readonly tokensAdmitted: number;
  /** Tokens of requests that a limit refused. */
  readonly tokensRejected: number;
  /** Tokens that were admitted, and so charged, without a complete answer. */
  readonly tokensWasted: number;
  /** Offline jobs. Their lines count only here and in `inputs`. */
  readonly jobs: JobCounts;
  readonly inFlight: number;
  readonly peakInFlight: number;
  /** Use of each limit of each pool, as a share of its capacity until the pool's last request. */
  readonly bucketUse: Readonly<Record<string, Readonly<Partial<Record<LimitKind, number>>>>>;
  /** Connections that were opened. */
  readonly connections: number;
  /** Connections that are open now. */
  readonly openConnections: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  /** Milliseconds of the clock since the start or the last `reset`. */
  readonly elapsedMs: number;
  /** By `hashText(text)`, with the option `trackInputs`. */
  readonly inputs?: Readonly<Record<string, Readonly<InputCount>>>;
}
