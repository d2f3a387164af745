import type { Permit } from "./semaphore.ts";

/** Time of the calls inside of which a batch runs: it stands still while the batch only waits for rate limits (P13). */
export class OuterTime {
  /** Deadlines of the calls, as they were when the batch began. */
  readonly #deadlines: readonly { start(): void; stop(): void }[];
  #isRunning = true;

  constructor(parent: Permit) {
    this.#deadlines = deadlinesOf(parent);
  }

  /** Lets it go on or stand still, with so many calls in flight, and so many that wait. */
  tell(busy: number, waiting: number): void {
    const isRunning = busy > 0 || waiting === 0;
    if (isRunning === this.#isRunning) return;
    this.#isRunning = isRunning;
    for (const each of this.#deadlines) each[isRunning ? "start" : "stop"]();
  }
}

function deadlinesOf({ deadline, outer }: Permit): NonNullable<Permit["deadline"]>[] {
  const around = outer === undefined ? [] : deadlinesOf(outer);
  return deadline === undefined ? around : [deadline, ...around];
}
