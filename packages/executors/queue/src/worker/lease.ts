import type { QueueBackend, Session } from "../backend/queue-backend.ts";

/** Delivery of a job, as pg-boss identifies it: calls about another delivery of the same job do not affect it. */
export interface Delivery {
  readonly id: string;
  readonly retryCount: number;
}

/** Heartbeats in the time after which a worker counts as gone. */
const HEARTBEATS = 3;
const USUAL_SECONDS = 10;

/**
 * Lease of a delivery, which it holds by heartbeats. The delivery is lost when it has gone to another worker, or is no
 * longer wanted.
 */
export class Lease implements Disposable {
  readonly #lost = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(backend: QueueBackend, queue: string, delivery: Delivery, heartbeatSeconds: number | null) {
    const touch = async (): Promise<void> => {
      // A heartbeat that fails does not mean that the delivery is lost: the next one tells.
      const answer = await backend
        .session()
        .then(({ boss }) => boss.touch(queue, delivery))
        .catch(() => undefined);
      if (answer !== undefined && affected(answer) === 0) this.#lost.abort(new Error("The delivery is lost."));
    };
    this.#timer = setInterval(() => void touch(), ((heartbeatSeconds ?? USUAL_SECONDS) * 1000) / HEARTBEATS);
  }

  /** Aborted when the delivery is lost. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/** Count of deliveries that a call of pg-boss found held. Its types do not have it. */
export function affected(answer: Awaited<ReturnType<Session["boss"]["complete"]>>): number {
  return (answer as { readonly affected?: number }).affected ?? 0;
}
