import { factsOf } from "../contract/error-facts.ts";
import type { AnyBatchRun } from "../engine/batch-run.ts";
import type { Chunk } from "../engine/intake/chunk.ts";
import type { Intake } from "../engine/intake/intake.ts";
import type { Settler } from "../engine/results/settler.ts";
import type { Failure } from "./failure.ts";
import type { Retry } from "./retry.ts";

/** Parts of what is too heavy for a limit. */
const MANY = 8;

/** Waits for the end of an outage after which no part is held back. */
const PATIENCE = 2;

/** Parts of the same chunk. */
interface Siblings {
  /** The first that is halved: the others wait until a part has passed, or it has ended. */
  first?: Promise<void>;
}

/**
 * Sends a chunk in halves, and these again, where it fails though others pass, with an error that says nothing of inputs:
 * one of them may be bad, or there may be too many. A part is sent once, and again only while it is not sure that others
 * pass.
 */
export class Halving<Input, Output> {
  readonly #batch: AnyBatchRun;
  readonly #intake: Intake<Input, Output>;
  readonly #retry: Retry<Input, Output>;
  readonly #settler: Settler<Input, Output>;
  /** Inputs of the largest part that passed. */
  #largest = 0;
  #isBlamed = false;
  /** Resolves once a part passed, an input was sent alone, or there may be an outage. */
  readonly #seen = Promise.withResolvers<void>();

  constructor(
    batch: AnyBatchRun,
    intake: Intake<Input, Output>,
    retry: Retry<Input, Output>,
    settler: Settler<Input, Output>,
  ) {
    this.#batch = batch;
    this.#intake = intake;
    this.#retry = retry;
    this.#settler = settler;
  }

  /** Settles every input of a failure, in the end. */
  async run(failure: Failure<Input>): Promise<void> {
    const { size } = failure.chunk;
    await this.#settle(failure, {});
    if (!this.#isBlamed && this.#largest > 0) this.#intake.cap.suggest(size, this.#largest);
  }

  async #settle(failure: Failure<Input>, siblings: Siblings): Promise<void> {
    const { chunk, error, isWhole } = failure;
    const facts = factsOf(error);
    if (this.#batch.isEnding) return;
    if (chunk.size === 0) {
      this.#isBlamed = true;
    } else if (isWhole && chunk.size > 1 && this.#settler.mayDivide(facts)) {
      // What took too long does so again: chunks that follow are smaller at once.
      if (facts.code === "timeout") this.#intake.cap.limit(chunk.size);
      this.#limitBelow(failure);
      await this.#divide(chunk, siblings);
    } else {
      this.#isBlamed = true;
      this.#settler.giveUpEach(failure);
    }
  }

  /** Halves a chunk, after the first of its siblings: how large they may be is seen there. */
  async #divide(chunk: Chunk<Input>, siblings: Siblings): Promise<void> {
    if (siblings.first !== undefined) await Promise.race([siblings.first, this.#seen.promise]);
    const halved = this.#halve(chunk);
    siblings.first ??= halved;
    await halved;
  }

  /** Sends both halves before either is judged: each shows whether others pass. Once parts have passed, those as large as these. */
  async #halve(chunk: Chunk<Input>): Promise<void> {
    const siblings: Siblings = {};
    const failures: Failure<Input>[] = [];
    // None waits for another's end: a bad one may take long. Until all are awaited nothing looks at their failures.
    const aside: Promise<void>[] = [];
    const besides = (settled: Promise<void>): void => {
      settled.catch(() => undefined);
      aside.push(settled);
    };
    const send = async (part: Chunk<Input>): Promise<void> => {
      // Another part has shown meanwhile that it is too large.
      if (part.size > this.#intake.cap.most) return besides(this.#divide(part, siblings));
      const failure = await this.#retry.once(part);
      if (failure === undefined) return this.#passed(part.size);
      // Alone, an input says nothing of sizes.
      if (part.size === 1) this.#seen.resolve();
      if (factsOf(failure.error).code === "timeout") {
        const isSure = part.size > 1 && !this.#settler.health.mayHang;
        return besides(isSure ? this.#settle(failure, siblings) : this.#again(failure, siblings));
      }
      if (this.#largest === 0) this.#limitBelow(failure);
      failures.push(failure);
    };
    const parts = this.#retry.parts(chunk, Math.min(this.#intake.cap.most, this.#largest || Infinity));
    if (this.#largest > 0) await Promise.all(parts.map(send));
    else for (const part of parts) await send(part);
    await Promise.all([...aside, ...failures.map((each) => this.#again(each, siblings))]);
  }

  #passed(size: number): void {
    this.#largest = Math.max(this.#largest, size);
    this.#seen.resolve();
  }

  /** Of inputs one of which got through alone, so many may be too heavy for a limit. Far fewer then: each refusal makes the next wait longer. */
  #limitBelow({ chunk }: Failure<Input>): void {
    if (chunk.failing?.isAsked !== true || !this.#settler.health.doubtsSize(chunk)) return;
    this.#intake.cap.isOfLimit = true;
    this.#intake.cap.limit(chunk.size, Math.ceil(chunk.size / MANY));
  }

  async #again(failure: Failure<Input>, siblings: Siblings): Promise<void> {
    const isLimited = factsOf(failure.error).code === "rate_limited" && failure.chunk.failing?.isAsked === true;
    if (isLimited && failure.chunk.size > this.#intake.cap.most) return this.#divide(failure.chunk, siblings);
    let waits = 0;
    const left = await this.#retry.retry(failure, () => {
      // In an outage none is held back: another one may show that it is over.
      if (++waits === PATIENCE) this.#seen.resolve();
    });
    if (left !== undefined) await this.#settle(left, siblings);
  }
}
