import type { QueueEngine, Session } from "../engine/queue-engine.ts";

/** A delivery of a job: as pg-boss hands it out, and what it takes to settle this very one. */
export interface Delivery {
  readonly id: string;
  readonly retryCount: number;
}

/** Signs of life in the time after which a worker counts as gone. */
const SIGNS = 3;
const USUAL_SECONDS = 10;

/**
 * Holds a delivery by signs of life, and tells when it is lost: it has gone to another worker, or nobody wants it any
 * more.
 */
export class Lease implements Disposable {
  readonly #lost = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(engine: QueueEngine, queue: string, delivery: Delivery, heartbeatSeconds: number | null) {
    const touch = async (): Promise<void> => {
      // One that does not get through says nothing of the delivery: the next one will.
      const answer = await engine
        .session()
        .then(({ boss }) => boss.touch(queue, delivery))
        .catch(() => undefined);
      if (answer !== undefined && affected(answer) === 0) this.#lost.abort(new Error("The delivery is lost."));
    };
    this.#timer = setInterval(() => void touch(), ((heartbeatSeconds ?? USUAL_SECONDS) * 1000) / SIGNS);
  }

  /** Aborted when the delivery is lost. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/** How many deliveries a call of pg-boss found still held. Its types leave the answer open. */
export function affected(answer: Awaited<ReturnType<Session["boss"]["complete"]>>): number {
  return (answer as { readonly affected?: number }).affected ?? 0;
}
