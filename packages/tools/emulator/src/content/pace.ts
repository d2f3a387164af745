import { setImmediate } from "node:timers/promises";

/** Time for which one piece of work may hold the event loop. */
const PIECE_MS = 4;

/** Cuts long work into pieces, so that other requests and timers get a turn. */
export class Pace {
  #pieceStartedAt = performance.now();

  /** Yields to the event loop when the piece is over; undefined before. Call it between steps. */
  rest(): Promise<void> | undefined {
    return performance.now() - this.#pieceStartedAt < PIECE_MS ? undefined : this.#rest();
  }

  async #rest(): Promise<void> {
    await setImmediate();
    this.#pieceStartedAt = performance.now();
  }
}
