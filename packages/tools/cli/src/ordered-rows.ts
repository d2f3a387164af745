import Queue from "yocto-queue";
import type { Chunk } from "./outputs/encoder.ts";
import type { Outcome } from "./outputs/row.ts";
import type { RowWriter } from "./row-writer.ts";
import { isSent, type Step } from "./step.ts";

/** Inputs with an outcome of their own that may wait behind one that is on its way. */
const MOST_WAITING = 10_000;

interface Slot {
  readonly step: Step;
  outcome: Outcome | undefined;
}

/**
 * Writes rows in input order: those that the adapter answers, those that are no input, and lines that stay as they are.
 * What waits here is bounded by the engine for what is sent, and by `add` for all else.
 */
export class OrderedRows {
  readonly #rows: RowWriter;
  readonly #write: (chunk: Chunk) => Promise<void>;
  readonly #slots = new Queue<Slot>();
  readonly #sent = new Queue<Slot>();
  #waiting = 0;
  #room: PromiseWithResolvers<void> | undefined;
  #turn: Promise<void> = Promise.resolve();

  constructor(rows: RowWriter, write: (chunk: Chunk) => Promise<void>) {
    this.#rows = rows;
    this.#write = write;
  }

  /** The next input. What has its outcome already is written, and waited for where too much of it waits. */
  async add(step: Step): Promise<void> {
    const { content } = step.item;
    const slot: Slot = { step, outcome: !step.isDone && "error" in content ? content : undefined };
    this.#slots.enqueue(slot);
    if (isSent(step)) {
      this.#sent.enqueue(slot);
      return;
    }
    this.#waiting++;
    await this.flush();
    while (this.#waiting >= MOST_WAITING) {
      this.#room ??= Promise.withResolvers();
      await this.#room.promise;
    }
  }

  /** The outcome of the next input that was sent. Resolves when the output can take more. */
  settle(outcome: Outcome): Promise<void> {
    const slot = this.#sent.dequeue();
    if (slot !== undefined) slot.outcome = outcome;
    return this.flush();
  }

  /** Writes what has its turn. */
  flush(): Promise<void> {
    this.#turn = this.#turn.then(() => this.#advance());
    return this.#turn;
  }

  async #advance(): Promise<void> {
    try {
      for (let slot = this.#slots.peek(); slot !== undefined && isSettled(slot); slot = this.#slots.peek()) {
        this.#slots.dequeue();
        if (!isSent(slot.step)) this.#waiting--;
        await this.#put(slot);
      }
      if (this.#waiting < MOST_WAITING) this.#makeRoom()?.resolve();
    } catch (error) {
      this.#makeRoom()?.reject(error);
      throw error;
    }
  }

  #makeRoom(): PromiseWithResolvers<void> | undefined {
    const room = this.#room;
    this.#room = undefined;
    return room;
  }

  async #put({ step, outcome }: Slot): Promise<void> {
    const chunk = this.#rows.write(step, outcome);
    if (chunk !== undefined) await this.#write(chunk);
  }
}

function isSettled({ step, outcome }: Slot): boolean {
  return step.isDone || outcome !== undefined;
}
