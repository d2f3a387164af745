import { codeOf, type Completed } from "@batchwise/core";

/** Outcome of one input. */
type Each = Completed<unknown, unknown>;

/**
 * Refusals that may end the run are held back: a refused key, an exhausted quota or a refused option is an error of its
 * input where the run goes on, and not where it ends. It goes on where the engine asks for another input.
 */
export class HeldOutcomes {
  readonly #pass: (outcome: Each) => void | Promise<void>;
  #held: Each[] = [];

  constructor(pass: (outcome: Each) => void | Promise<void>) {
    this.#pass = pass;
  }

  async take(outcome: Each): Promise<void> {
    if (outcome.status === "rejected" && mayEndRun(outcome.reason)) this.#held.push(outcome);
    else await this.#pass(outcome);
  }

  /** The engine asks for another input: the run goes on. */
  async release(): Promise<void> {
    const held = this.#held;
    this.#held = [];
    await Promise.all(held.map(async (outcome) => this.#pass(outcome)));
  }

  /** The run is over. Held outcomes are dropped where such a refusal is why: the next run sends their inputs again. */
  async end(reason: Error | undefined): Promise<void> {
    if (reason === undefined || !mayEndRun(reason)) await this.release();
  }
}

function mayEndRun(error: Error): boolean {
  const code = codeOf(error);
  const { status } = error as { readonly status?: unknown };
  return (
    code === "authentication" || code === "quota_exceeded" || (code === "invalid_argument" && status !== undefined)
  );
}
