import { hashText } from "./content/hash.ts";
import type { RowFault } from "./faults/arrange-rows.ts";
import type { JobCounts } from "./jobs/job-store.ts";
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

/** Counts while it runs. */
export class Recorder {
  requests = 0;
  answered = 0;
  inputsAnswered = 0;
  aborted = 0;
  tokensAdmitted = 0;
  tokensRejected = 0;
  tokensWasted = 0;
  inFlight = 0;
  peakInFlight = 0;
  readonly #byStatus = new Map<string, number>();
  readonly #byEndpoint = new Map<string, number>();
  readonly #faults = new Map<FaultName, number>();
  readonly #inputs: Map<string, InputCount> | undefined;

  constructor(trackInputs: boolean) {
    this.#inputs = trackInputs ? new Map() : undefined;
  }

  entered(): void {
    this.requests++;
    this.inFlight++;
    this.peakInFlight = Math.max(this.peakInFlight, this.inFlight);
  }

  status(status: number): void {
    add(this.#byStatus, String(status));
  }

  endpoint(name: string): void {
    add(this.#byEndpoint, name);
  }

  fault(name: FaultName): void {
    add(this.#faults, name);
  }

  /** Counts an answer, or (-1) takes back that it was counted. */
  answer(inputs: readonly string[], by: 1 | -1): void {
    this.answered += by;
    this.inputsAnswered += by * inputs.length;
    this.inputCounts("answered", inputs, by);
  }

  inputCounts(what: keyof InputCount, texts: readonly string[], by: 1 | -1 = 1): void {
    if (this.#inputs === undefined) return;
    for (const text of texts) {
      const hash = hashText(text);
      const count = this.#inputs.get(hash) ?? { sent: 0, charged: 0, answered: 0 };
      count[what] += by;
      this.#inputs.set(hash, count);
    }
  }

  counts(): Omit<
    EmulatorStats,
    "jobs" | "bucketUse" | "connections" | "openConnections" | "bytesReceived" | "bytesSent" | "elapsedMs"
  > {
    const byStatus = Object.fromEntries(this.#byStatus);
    return {
      requests: this.requests,
      answered: this.answered,
      inputsAnswered: this.inputsAnswered,
      byStatus,
      byEndpoint: Object.fromEntries(this.#byEndpoint),
      rateLimited: byStatus["429"] ?? 0,
      aborted: this.aborted,
      faults: Object.fromEntries(this.#faults),
      tokensAdmitted: this.tokensAdmitted,
      tokensRejected: this.tokensRejected,
      tokensWasted: this.tokensWasted,
      inFlight: this.inFlight,
      peakInFlight: this.peakInFlight,
      ...(this.#inputs === undefined
        ? {}
        : { inputs: Object.fromEntries([...this.#inputs].map(([hash, count]) => [hash, { ...count }])) }),
    };
  }
}

function add<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
