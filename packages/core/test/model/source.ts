import type { Inputs } from "@batchwise/core";
import type { Log } from "./log.ts";
import { givenBy, keyOf, type Schedule } from "./schedule.ts";
import type { WorldTimers } from "./world-timers.ts";

/** The inputs as the schedule's source gives them; iterators write down every pull. */
export function sourceOf(schedule: Schedule, log: Log, timers: WorldTimers): Inputs<number> {
  if (schedule.source.kind === "array") {
    return Array.from({ length: schedule.count }, (_, slot) => keyOf(schedule, slot));
  }
  const source = new ScriptedSource(schedule, log, timers);
  if (schedule.source.kind === "iterator") {
    return { [Symbol.iterator]: () => ({ next: () => source.next(), return: () => source.close() }) };
  }
  return {
    [Symbol.asyncIterator]: () => ({ next: () => source.nextAsync(), return: async () => source.close() }),
  };
}

class ScriptedSource {
  readonly #schedule: Schedule;
  readonly #log: Log;
  readonly #timers: WorldTimers;
  #given = 0;
  #state: "open" | "ended" | "closed" = "open";
  #answering = false;
  #endedAt: number | undefined;

  constructor(schedule: Schedule, log: Log, timers: WorldTimers) {
    this.#schedule = schedule;
    this.#log = log;
    this.#timers = timers;
  }

  next(): IteratorResult<number, undefined> {
    this.#ask();
    return this.#answer();
  }

  async nextAsync(): Promise<IteratorResult<number, undefined>> {
    this.#ask();
    if (this.#answering) this.#log.faults.push("the source was asked again before it had answered");
    this.#answering = true;
    const { delays, stallsAt } = this.#schedule.source;
    if (this.#given === stallsAt) return new Promise(() => {});
    await this.#timers.sleep(delays[this.#given % delays.length] ?? 0);
    this.#answering = false;
    return this.#answer();
  }

  close(): IteratorResult<number, undefined> {
    // The end of an async iterator may be on its way to the engine in the instant in which it is closed.
    const known = this.#schedule.source.kind === "iterator" || this.#endedAt !== this.#log.now();
    if (this.#state === "ended" && known) this.#log.faults.push("the source was closed after it had ended");
    if (this.#state === "closed") this.#log.faults.push("the source was closed twice");
    this.#state = "closed";
    this.#log.add({ type: "source closed" });
    return { done: true, value: undefined };
  }

  #ask(): void {
    if (this.#state !== "open") this.#log.faults.push(`the source was asked again after it was ${this.#state}`);
    this.#log.add({ type: "asked" });
  }

  #answer(): IteratorResult<number, undefined> {
    // An answer that was on its way when the source was closed is lost.
    if (this.#state === "closed") return { done: true, value: undefined };
    if (this.#given < givenBy(this.#schedule)) {
      const slot = this.#given++;
      this.#log.add({ type: "pulled", slot });
      return { done: false, value: keyOf(this.#schedule, slot) };
    }
    this.#state = "ended";
    this.#endedAt = this.#log.now();
    if (this.#schedule.source.failsAt !== undefined) {
      const thrown = new Error("The source broke.");
      this.#log.add({ type: "source threw", thrown });
      throw thrown;
    }
    this.#log.add({ type: "source ended" });
    return { done: true, value: undefined };
  }
}
