import { Fifo } from "../../fifo.ts";
import type { Source, SourceReader } from "../intake/source.ts";
import { Sleepers, type Wakeable } from "../results/outcome-sink.ts";

/** Stage that passes inputs on through a channel. */
export interface Feeder {
  /** True where nothing is under way in it that could bring outcomes. */
  readonly isIdle: boolean;
}

/** Source of a stage that takes its inputs from others. What it has not taken counts as in flight with them. */
export class Channel implements Source<unknown> {
  ended = false;
  pulled = 0;
  total: number | undefined;
  /** Semaphore of the stage that takes from it. */
  readonly #reader: Wakeable;
  readonly #feeders: Feeder[] = [];
  /** Feeders that have not ended. */
  #open = 0;
  readonly #queue = new Fifo<readonly [index: number, input: unknown]>();
  readonly #sleepers = new Sleepers();

  constructor(reader: Wakeable) {
    this.#reader = reader;
  }

  get held(): number {
    return this.#queue.size;
  }

  /** Announces a stage that passes on to this channel; all are announced before the first one starts. */
  feedBy(feeder: Feeder): void {
    this.#feeders.push(feeder);
    this.#open++;
  }

  pass(index: number, input: unknown): void {
    this.#queue.push([index, input]);
    this.#reader.wake();
  }

  /** One of the feeders has ended. */
  end(): void {
    this.#open--;
    this.#settleEnd();
    this.#reader.wake();
  }

  /** Wakes a feeder, which does not go on because its outcomes wait here, once some have been taken. */
  wakeWhenTaken(stage: Wakeable): void {
    this.#sleepers.add(stage);
  }

  fill(reader: SourceReader<unknown>): void {
    const before = this.pulled;
    while (this.#queue.size > 0 && reader.wants()) {
      const [index, input] = this.#queue.shift() as readonly [number, unknown];
      this.pulled++;
      reader.add(index, input);
    }
    this.#settleEnd();
    if (this.pulled > before) this.#sleepers.wakeSoon();
  }

  isIdle(): boolean {
    return this.#queue.size === 0 && this.#feeders.every((feeder) => feeder.isIdle);
  }

  close(): void {
    this.ended = true;
  }

  #settleEnd(): void {
    if (this.#open > 0 || this.#queue.size > 0) return;
    this.total = this.pulled;
    this.ended = true;
  }
}
