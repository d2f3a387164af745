import type { AnyBatchRun } from "../engine/batch-run.ts";
import type { Chunk } from "../engine/intake/chunk.ts";
import type { Intake } from "../engine/intake/intake.ts";
import type { Settler } from "../engine/results/settler.ts";
import { blamesInput, factsOf } from "../contract/error-facts.ts";
import type { Failure } from "./failure.ts";
import { Halving } from "./halving.ts";
import type { Retry } from "./retry.ts";
import type { Survey } from "./survey.ts";
import { type BadPart, CLEAN, type Sent, UNCLEAN } from "./sent.ts";
import { Untested } from "./untested.ts";
import { blamesOne, isWorthSplitting } from "./retry-policy.ts";

/**
 * Search for the inputs that make one chunk fail: halves what is bad until each bad input stands alone, and sends the
 * others. A bad input costs about log2(k) calls of k inputs.
 */
export class Bisect<Input, Output> {
  readonly #batch: AnyBatchRun;
  readonly #intake: Intake<Input, Output>;
  readonly #retry: Retry<Input, Output>;
  readonly #halving: Halving<Input, Output>;
  readonly #survey: Survey<Input, Output>;
  readonly #settler: Settler<Input, Output>;
  readonly #untested: Untested<Input>;
  /** Parts that are being sent besides the search's own way. */
  readonly #aside: Promise<void>[] = [];
  /** Calls in a row that brought no success, and how many may where it is not sure that inputs are to blame. */
  #fruitless = 0;
  readonly #patience: number;
  readonly #size: number;
  /** Inputs of the largest part that passed. */
  #largest = 0;
  /** True once an input was found to be bad, or a part failed for another reason. */
  #isBlamed = false;
  /** True where the last failure said that single inputs are to blame. */
  #isSure = false;
  /** Error with which the search was given up: nothing more is sent. */
  #over: Error | undefined;

  constructor(
    batch: AnyBatchRun,
    intake: Intake<Input, Output>,
    retry: Retry<Input, Output>,
    settler: Settler<Input, Output>,
    survey: Survey<Input, Output>,
    size: number,
  ) {
    this.#batch = batch;
    this.#intake = intake;
    this.#retry = retry;
    this.#settler = settler;
    this.#survey = survey;
    this.#halving = new Halving(batch, intake, retry, settler);
    this.#untested = new Untested(intake, size);
    this.#size = size;
    this.#patience = 2 * Math.ceil(Math.log2(Math.max(2, size))) + 1;
  }

  /** Settles every input of a failure, in the end. */
  async run(failure: Failure<Input>): Promise<void> {
    const isUnsent = failure.isUnsent === true;
    this.#isBlamed = isUnsent;
    const { bad } = isUnsent ? await this.#send(failure.chunk) : this.#sift(failure);
    await this.#pursue(bad);
    // It may grow while it is waited for.
    for (const each of this.#aside) await each;
    // No input was bad: there were too many.
    if (!this.#isBlamed && this.#largest > 0) this.#intake.cap.suggest(failure.chunk.size, this.#largest);
  }

  async #pursue(known: BadPart<Input> | undefined): Promise<void> {
    let bad = known;
    while (!this.#batch.isEnding && (bad !== undefined || this.#untested.count > 0)) {
      if (bad !== undefined && bad.chunk.size > this.#intake.cap.most) {
        // So many may be no bad one, but too many.
        this.#intake.cap.refused(bad.chunk.size);
        this.#untested.add(bad.chunk);
        bad = undefined;
      }
      this.#testAside(bad === undefined ? 1 : 0);
      if (bad === undefined) bad = await this.#test();
      else if (this.#isSure && bad.chunk.size > 2 && this.#intake.nearEnd.isSpare(bad.chunk)) bad = this.#scatter(bad);
      else bad = await this.#halve(bad);
    }
  }

  /** At the end of a batch, when nothing else wants to be sent, untested parts need not wait. */
  #testAside(kept: number): void {
    while (this.#isSure && this.#untested.count > kept) {
      if (!this.#intake.nearEnd.isSpare(this.#untested.last as Chunk<Input>)) return;
      this.#besides(this.#test().then((bad) => this.#pursue(bad)));
    }
  }

  /** At the end of a batch, when nothing else wants to be sent, the quarters of what is bad need not wait for each other. */
  #scatter({ chunk }: BadPart<Input>): undefined {
    for (const part of chunk.parts(Math.min(4, chunk.size)))
      this.#besides(this.#send(part).then(({ bad }) => this.#pursue(bad)));
  }

  /**
   * Sends the first half of a chunk that holds a bad input. Where it succeeds, the bad input is in the second one,
   * which is then split at once and not sent again; but nothing is given up that has not been sent alone. Where the
   * chunk was only too large, the one half says nothing about the other. Returns what is known to hold a bad input.
   */
  async #halve({ chunk, facts, sent }: BadPart<Input>): Promise<BadPart<Input> | undefined> {
    const [first, second] = chunk.halves();
    const { isClean, bad } = await this.#send(first);
    if (isClean && facts.code !== "request_too_large") {
      if (second.size > 1) return { chunk: second, facts, sent };
      const last = await this.#send(second);
      // None was bad: they were too many.
      if (last.isClean && sent > this.#largest) this.#intake.cap.suggest(sent, this.#largest, sent < this.#size);
      return last.bad;
    }
    // With a bad input in the first half the second is as good as new: it goes out again with all that is untested.
    // Not where there may be an outage: then what is nearest and smallest tells more.
    if (bad !== undefined && blamesOne(facts)) this.#untested.join(second);
    else this.#untested.add(second);
    return bad;
  }

  /** Sends what is untested: all of it at first, less where that fails, so that many bad inputs cost little more than one call each. */
  async #test(): Promise<BadPart<Input> | undefined> {
    const next = this.#untested.next();
    const { isClean, bad } = await this.#send(next);
    if (isClean) this.#untested.more();
    if (bad !== undefined && blamesOne(bad.facts)) this.#untested.less(next);
    return bad;
  }

  /** Sends a part. Settles all that can be. */
  async #send(untold: Chunk<Input>): Promise<Sent<Input>> {
    const part = await this.#survey.clear(untold);
    if (this.#batch.isEnding) return UNCLEAN;
    if (part.size === 0) return CLEAN;
    if (this.#over !== undefined) {
      this.#settler.giveUpAll(part, this.#over);
      return UNCLEAN;
    }
    const failure = await this.#retry.send(part);
    if (failure === undefined) {
      this.#fruitless = 0;
      this.#largest = Math.max(this.#largest, part.size);
      this.#intake.cap.passed(part.size);
      return CLEAN;
    }
    if (this.#batch.isEnding) return UNCLEAN;
    this.#fruitless = failure.isWhole ? this.#fruitless + 1 : 0;
    if (this.#fruitless >= this.#patience && !blamesInput(factsOf(failure.error))) this.#over = failure.error;
    return this.#sift(failure);
  }

  /** Settles what of a failure no further call can help, and says what is left. */
  #sift(failure: Failure<Input>): Sent<Input> {
    const { chunk, error, isWhole } = failure;
    const facts = factsOf(error);
    if (chunk.size === 0 || !isWhole) this.#isBlamed = true;
    if (chunk.size === 0) {
      // The whole was too large for that input.
      if (facts.code === "request_too_large") this.#intake.cap.passed(this.#size);
      return UNCLEAN;
    }
    if (!isWhole) {
      this.#settler.giveUpEach(failure);
      return UNCLEAN;
    }
    this.#isSure = blamesOne(facts);
    if (chunk.size > 1 && this.#settler.mayDivide(facts)) {
      if (facts.code === "request_too_large" && chunk.size > this.#largest) this.#intake.cap.limit(chunk.size);
      if (isWorthSplitting(facts, this.#fruitless < this.#patience))
        return { ...UNCLEAN, bad: { chunk, facts, sent: chunk.size } };
      if (!isWorthSplitting(facts, true)) {
        this.#besides(this.#halving.run(failure));
        return UNCLEAN;
      }
    }
    this.#isBlamed = true;
    this.#settler.giveUpAll(chunk, error);
    return UNCLEAN;
  }

  /** Lets a part be sent besides the search's own way. It is awaited at the end: until then nothing looks at its failure. */
  #besides(sending: Promise<void>): void {
    sending.catch(() => undefined);
    this.#aside.push(sending);
  }
}
