/** Result of one step. */
interface Outcome {
  readonly title: string;
  readonly status: "ok" | "FAILED";
  readonly seconds: number;
}

/** Runs steps, prints each with its time as it ends, and continues after one that failed. */
export class Steps {
  readonly #outcomes: Outcome[] = [];
  readonly #signal: AbortSignal;
  readonly #start = performance.now();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** Resolves to the result of `work`, or to undefined when it failed. Prints a result that is a string or lines. */
  async run<Value>(title: string, work: () => Promise<Value>): Promise<Value | undefined> {
    this.#signal.throwIfAborted();
    const start = performance.now();
    try {
      const value = await work();
      this.#settle({ title, status: "ok", seconds: since(start) }, textOf(value));
      return value;
    } catch (error) {
      this.#signal.throwIfAborted();
      const text = error instanceof Error ? error.message : String(error);
      this.#settle({ title, status: "FAILED", seconds: since(start) }, text);
      return undefined;
    }
  }

  /** Prints the summary. True when every step has passed. */
  summary(): boolean {
    const bad = this.#outcomes.filter(({ status }) => status !== "ok");
    const passed = `${this.#outcomes.length - bad.length} of ${this.#outcomes.length} steps passed`;
    console.log(`\n${passed} in ${shown(since(this.#start))}`);
    for (const { title } of bad) console.log(`- failed: ${title}`);
    return bad.length === 0;
  }

  #settle(outcome: Outcome, text: string): void {
    this.#outcomes.push(outcome);
    console.log(`${outcome.status.padEnd(8)}${shown(outcome.seconds).padStart(8)}  ${outcome.title}`);
    for (const line of text === "" ? [] : text.split("\n")) console.log(`${" ".repeat(18)}${line}`);
  }
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return Array.isArray(value) && value.every((line) => typeof line === "string") ? value.join("\n") : "";
}

function since(start: number): number {
  return (performance.now() - start) / 1000;
}

function shown(seconds: number): string {
  return `${seconds.toFixed(1)} s`;
}
