import type { Clock } from "@batchwise/core";
import { beforeAbort } from "./signals.ts";

/** Time without a row after which a download has stalled. */
const STALL_MS = 10_000;

/**
 * Turns at reading rows: those of one job after another's, so that the rows of one alone come into memory at a time. A
 * download that stalls leaves its turn to the next one, and waits for another turn before it takes another row.
 */
export class ReadingTurns {
  /** Resolved when all that have asked so far have left. */
  #last: Promise<void> = Promise.resolve();

  /** @throws what `rows` throws, or the signal's reason */
  async read<Row>(
    rows: AsyncIterable<Row>,
    take: (row: Row) => void,
    { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
  ): Promise<void> {
    let turn: Turn | undefined = await this.#enter(signal);
    let hasMoved = false;
    // Not a timer for each row, of which there are many; and none while the download has no turn.
    const watch = (): (() => void) =>
      clock.after(STALL_MS, () => {
        if (hasMoved) {
          hasMoved = false;
          cancelTimer = watch();
          return;
        }
        turn?.leave();
        turn = undefined;
      });
    let cancelTimer = watch();
    try {
      for await (const row of rows) {
        if (turn === undefined) {
          turn = await this.#enter(signal);
          cancelTimer = watch();
        }
        hasMoved = true;
        take(row);
      }
    } finally {
      cancelTimer();
      turn?.leave();
    }
  }

  /** Waits for a turn, in the order of asking. */
  async #enter(signal: AbortSignal): Promise<Turn> {
    const before = this.#last;
    const { promise, resolve: leave } = Promise.withResolvers<void>();
    this.#last = promise;
    await beforeAbort(before, signal);
    if (!signal.aborted) return { leave };
    void before.then(leave);
    throw signal.reason;
  }
}

interface Turn {
  readonly leave: () => void;
}
