/** Moment of an event: the fake clock's time, and its place among all events. */
export interface Stamp {
  readonly time: number;
  readonly order: number;
}

/** Content of one slot of an answered call. */
export type SlotAnswer =
  | { readonly kind: "value"; readonly value: unknown; readonly refused: boolean }
  | { readonly kind: "error"; readonly failure: Failure };

/** A failure as the world made it, with what its script says of it. */
export interface Failure {
  readonly thrown: unknown;
  /** True where another call may succeed; undefined where the failure says nothing of it. */
  readonly retryable: boolean | undefined;
  /** True where it ends the run: a refused key, an exhausted quota. */
  readonly stops: boolean;
  /** Position of the bad input that the failure names. */
  readonly position: number | undefined;
  /** True for a rate limit's refusal, for which all calls pause. */
  readonly limited: boolean;
  readonly retryAfterMs: number | undefined;
}

export type CallResult =
  | { readonly kind: "answered"; readonly slots: readonly SlotAnswer[] }
  | { readonly kind: "threw"; readonly failure: Failure }
  | { readonly kind: "malformed" }
  /** It heeded its aborted signal. */
  | { readonly kind: "gave up" };

/** One call of the Runnable's hook, as the backend saw it. */
export interface Call {
  readonly number: number;
  readonly keys: readonly number[];
  readonly start: Stamp;
  end: Stamp | undefined;
  result: CallResult | undefined;
  /** Moment at which its signal was aborted; undefined where it was not, or not before its end. */
  aborted: Stamp | undefined;
}

/** An outcome as an iterator yielded it or an error carried it. */
export interface SeenOutcome {
  readonly index: number;
  readonly input: unknown;
  readonly status: "fulfilled" | "rejected";
  readonly value?: unknown;
  readonly reason?: unknown;
}

export type Happening =
  | { readonly type: "asked" }
  | { readonly type: "pulled"; readonly slot: number }
  | { readonly type: "source ended" }
  | { readonly type: "source threw"; readonly thrown: unknown }
  | { readonly type: "source closed" }
  | { readonly type: "call started"; readonly call: Call }
  | { readonly type: "call ended"; readonly call: Call }
  | { readonly type: "call aborted"; readonly call: Call }
  | { readonly type: "received"; readonly outcome: SeenOutcome }
  | { readonly type: "retry"; readonly error: unknown; readonly delayMs: number; readonly inputs: number }
  | { readonly type: "request"; readonly inputs: number }
  | { readonly type: "progress"; readonly progress: Readonly<Record<string, unknown>> }
  | { readonly type: "finish"; readonly report: SeenReport }
  | { readonly type: "aborted" }
  | { readonly type: "drained" }
  | { readonly type: "broke" }
  | { readonly type: "settled" }
  /** Everything that could go on without time passing has gone on. */
  | { readonly type: "idle" };

/** The part of a finish report that is judged. */
interface SeenReport {
  readonly status: string;
  readonly fulfilled: number;
  readonly rejected: number;
  readonly unfinished: number;
  readonly requests: number;
  readonly retries: number;
  readonly outcomes: readonly SeenOutcome[];
}

export type Entry = Stamp & Happening;

/** Everything that happened in one schedule, in order. */
export class Log {
  readonly entries: Entry[] = [];
  readonly calls: Call[] = [];
  /** Faults that the world itself saw at once. */
  readonly faults: string[] = [];
  /** The fake clock's time. */
  readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  add(happening: Happening): Stamp {
    const entry: Entry = { time: this.now(), order: this.entries.length, ...happening };
    this.entries.push(entry);
    return entry;
  }

  startCall(keys: readonly number[]): Call {
    const start: Stamp = { time: this.now(), order: this.entries.length };
    const call: Call = {
      number: this.calls.length,
      keys,
      start,
      end: undefined,
      result: undefined,
      aborted: undefined,
    };
    this.calls.push(call);
    this.add({ type: "call started", call });
    return call;
  }

  endCall(call: Call, result: CallResult): void {
    call.result = result;
    call.end = this.add({ type: "call ended", call });
  }

  abortCall(call: Call): void {
    if (call.end !== undefined || call.aborted !== undefined) return;
    call.aborted = this.add({ type: "call aborted", call });
  }

  /** The first entry of a type. */
  first<Type extends Entry["type"]>(type: Type): Extract<Entry, { type: Type }> | undefined {
    return this.entries.find((entry): entry is Extract<Entry, { type: Type }> => entry.type === type);
  }

  /** All entries of a type. */
  all<Type extends Entry["type"]>(type: Type): Extract<Entry, { type: Type }>[] {
    return this.entries.filter((entry): entry is Extract<Entry, { type: Type }> => entry.type === type);
  }
}
