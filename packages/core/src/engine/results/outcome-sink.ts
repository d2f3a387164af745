/** Can be woken: then it looks for work. A semaphore is one. */
export interface Wakeable {
  wake(): void;
}

/** Receiver of a stage's outcomes: each input's, exactly once. */
export interface OutcomeSink<Input, Output> {
  fulfill(index: number, input: Input, value: Output): void;
  reject(index: number, input: Input, reason: Error): void;
  /** Outcomes that it was given and that have not been taken. */
  readonly backlog: Backlog;
  /** True where another stage takes on what fails. */
  readonly catches?: boolean;
  /** The stage that fills it has ended. */
  close?(): void;
}

/** Outcomes that have not been taken, by which a stage is held back. */
export interface Backlog {
  /** Outcomes that could be taken. They count as if they were still in flight. */
  readonly waiting: number;
  /** The same with those that are held back for order. */
  readonly held: number;
  /** Wakes a stage, which does not go on because of the backlog, once some have been taken. */
  wakeWhenTaken(stage: Wakeable): void;
}

/** Stages that do not go on until outcomes have been taken. */
export class Sleepers implements Wakeable {
  #stages: Wakeable[] = [];

  add(stage: Wakeable): void {
    if (!this.#stages.includes(stage)) this.#stages.push(stage);
  }

  wake(): void {
    for (const stage of this.#stages.splice(0)) stage.wake();
  }

  /** Wakes them once, a microtask later: one of them may be asking now. */
  wakeSoon(): void {
    if (this.#stages.length === 0) return;
    const due = this.#stages.splice(0);
    queueMicrotask(() => due.forEach((stage) => stage.wake()));
  }
}
