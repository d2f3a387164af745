import Queue from "yocto-queue";
import type { Chunk } from "./outputs/encoder.ts";
import type { Outcome } from "./outputs/row.ts";
import type { RowWriter } from "./row-writer.ts";
import { isSent, type Step } from "./step.ts";

/** Most inputs with an outcome that may wait behind one in flight. */
const MOST_WAITING = 10_000;

interface Slot {
  readonly step: Step;
  outcome: Outcome | undefined;
}

/**
 * Writes rows in input order: outcomes of the adapter, records that are not an input, and lines that stay as they are.
 * The engine bounds the rows of inputs that are sent, and `add` all others.
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

  /** Adds the next input. One with an outcome is written in its turn, and waited for where too many wait. */
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

  /** Settles the next input that was sent. Resolves when the output can take more. */
  settle(outcome: Outcome): Promise<void> {
    const slot = this.#sent.dequeue();
    if (slot !== undefined) slot.outcome = outcome;
    return this.flush();
  }

  /** Writes the rows whose turn it is. */
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
