import type { RowFormat } from "./journal/row-format.ts";
import type { StreamTarget } from "./outputs/stream-target.ts";
import type { RowSink } from "./row-sink.ts";

/** Most rows that may wait behind an open one. */
const MOST_WAITING = 10_000;

/** Rows that are written in order to a stream, such as standard output. Those before their turn wait in memory. */
export class StreamSink implements RowSink {
  readonly #target: StreamTarget;
  readonly #format: RowFormat;
  readonly #waiting = new Map<number, string>();
  #next = 0;
  #turn: Promise<void> = Promise.resolve();
  #room: PromiseWithResolvers<void> | undefined;

  constructor(target: StreamTarget, format: RowFormat) {
    this.#target = target;
    this.#format = format;
  }

  get failed(): AbortSignal {
    return this.#target.failed;
  }

  put(index: number, line: string): Promise<void> {
    this.#waiting.set(index, line);
    this.#turn = this.#turn.then(() => this.#advance());
    // `failed` says so, too, where nothing waits for it.
    this.#turn.catch(() => undefined);
    return this.#turn;
  }

  async room(): Promise<void> {
    while (this.#waiting.size >= MOST_WAITING && !this.failed.aborted) {
      this.#room ??= Promise.withResolvers();
      await this.#room.promise;
    }
  }

  save(): void {
    // A stream keeps nothing.
  }

  async end(): Promise<void> {
    await this.#turn;
    const last = this.#format.end();
    if (last !== undefined) await this.#target.write(last);
    await this.#target.close();
  }

  close(): void {
    this.#target.release();
  }

  async #advance(): Promise<void> {
    try {
      for (let line = this.#waiting.get(this.#next); line !== undefined; line = this.#waiting.get(this.#next)) {
        this.#waiting.delete(this.#next++);
        const chunk = this.#format.chunk(line);
        if (chunk !== undefined) await this.#target.write(chunk);
      }
    } finally {
      if (this.#waiting.size < MOST_WAITING || this.failed.aborted) {
        this.#room?.resolve();
        this.#room = undefined;
      }
    }
  }
}
