import { setImmediate } from "node:timers/promises";

/** How long one piece of work may hold the event loop. */
const PIECE_MS = 4;

/** Cuts long work into pieces, so that other requests and timers get their turn. */
export class Pace {
  #pieceStartedAt = performance.now();

  /** Call it between steps; undefined while there is no need to stop. */
  rest(): Promise<void> | undefined {
    return performance.now() - this.#pieceStartedAt < PIECE_MS ? undefined : this.#rest();
  }

  async #rest(): Promise<void> {
    await setImmediate();
    this.#pieceStartedAt = performance.now();
  }
}
