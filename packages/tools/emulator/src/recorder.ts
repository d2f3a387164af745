import { hashText } from "./content/hash.ts";
import type { EmulatorStats, FaultName, InputCount } from "./stats.ts";

/** Counters of a session. */
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
  readonly #faults = new Map<string, number>();
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

  /** Counts a fault; a scripted answer by a name of its own. */
  fault(name: FaultName | (string & {})): void {
    add(this.#faults, name);
  }

  /** Counts an answer, or (-1) uncounts it. */
  answer(inputs: readonly string[], by: 1 | -1): void {
    this.answered += by;
    this.inputsAnswered += by * inputs.length;
    this.inputCounts("answered", inputs, by);
  }

  inputCounts(kind: keyof InputCount, texts: readonly string[], by: 1 | -1 = 1): void {
    if (this.#inputs === undefined) return;
    for (const text of texts) {
      const hash = hashText(text);
      const count = this.#inputs.get(hash) ?? { sent: 0, charged: 0, answered: 0, malformed: 0 };
      count[kind] += by;
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
