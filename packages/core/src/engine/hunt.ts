import { blamesInput, type ErrorFacts, factsOf, isFatal, isRetryable } from "./classify.ts";
import type { Request } from "./request.ts";
import type { Failure } from "./settle.ts";

/** What a hunt needs of those who send and settle. */
export interface HuntHost<Input> {
  readonly stopped: boolean;
  /** One more call for a part, and more where it is worth it. Returns what failed in the end; what came through is settled. */
  send(part: Request<Input>): Promise<Failure<Input> | undefined>;
  /** These inputs have no further chance. */
  giveUpAll(request: Request<Input>, error: Error): void;
  /** Single items failed, each with its own of `errors`. */
  giveUpEach(failure: Failure<Input>): void;
  /** How many inputs of a request go out next, where that has to wait at the limits: at most this share of what has no outcome. */
  portion(request: Request<Input>, share: number): number;
  /** Whether a request could be sent now without taking anything from others: no new work is left, and no limit is near. */
  isSpare(request: Request<Input>): boolean;
}

/** A part that is known to hold a culprit, and what its failure said. */
interface Bad<Input> {
  readonly request: Request<Input>;
  readonly facts: ErrorFacts;
}

interface Sent<Input> {
  /** Whether the part came through whole. */
  readonly clean: boolean;
  readonly bad?: Bad<Input>;
  /** The rest of a part whose culprit was named. */
  readonly unsent?: Request<Input>;
}

const CLEAN: Sent<never> = { clean: true };
const UNCLEAN: Sent<never> = { clean: false };
/** Near the end of a batch, what is untested goes out in parts of at most this share of what is left. */
const LAST_SHARE = 1 / 8;

/**
 * The hunt for the inputs that spoil one request: halves what is bad until each culprit stands alone, and sends the
 * others. A culprit costs about log2(k) calls of k inputs.
 */
export class Hunt<Input> {
  readonly #host: HuntHost<Input>;
  /** Parts that nothing is known about; the last one is next. */
  readonly #untested: Request<Input>[] = [];
  /** How many untested inputs go out together. */
  #reach: number;
  /** What is being sent beside the hunt's own way. */
  readonly #beside: Promise<void>[] = [];
  /** Calls in a row that brought no success, and how many may where it is not sure that inputs are to blame. */
  #fruitless = 0;
  readonly #patience: number;
  /** Whether the last failure said that single inputs are to blame. */
  #isSure = false;
  /** The error with which it was given up: nothing more is sent. */
  #over: Error | undefined;

  constructor(host: HuntHost<Input>, size: number) {
    this.#host = host;
    this.#reach = size;
    this.#patience = 2 * Math.ceil(Math.log2(Math.max(2, size))) + 1;
  }

  /** Settles every input of a failure, in the end. */
  async run(failure: Failure<Input>): Promise<void> {
    const { bad, unsent } = this.#sift(failure);
    await this.#pursue(unsent === undefined ? bad : (await this.#send(unsent)).bad);
    // It may grow while it is waited for.
    for (const each of this.#beside) await each;
  }

  async #pursue(known: Bad<Input> | undefined): Promise<void> {
    let bad = known;
    while (!this.#host.stopped && (bad !== undefined || this.#untested.length > 0)) {
      this.#testBeside(bad === undefined ? 1 : 0);
      bad = bad === undefined ? await this.#test() : await this.#halve(bad);
    }
  }

  /** At the end of a batch, when nothing else wants to be sent, what is untested need not wait. */
  #testBeside(kept: number): void {
    while (this.#isSure && this.#untested.length > kept) {
      if (!this.#host.isSpare(this.#untested.at(-1) as Request<Input>)) return;
      const beside = this.#test().then((bad) => this.#pursue(bad));
      // It is awaited at the end; until then a failure has nobody who looks at it.
      beside.catch(() => undefined);
      this.#beside.push(beside);
    }
  }

  /**
   * Sends the first half of a request that holds a culprit. Where it comes through, the culprit is in the second one,
   * which is then split at once and not sent again; but nothing is given up that has not been sent alone. Where the
   * request was only too large, the one half says nothing about the other. Returns what is known to hold a culprit.
   */
  async #halve({ request, facts }: Bad<Input>): Promise<Bad<Input> | undefined> {
    const [first, second] = request.halves();
    const { clean, bad } = await this.#send(first);
    if (clean && facts.code !== "request_too_large") {
      if (second.size > 1) return { request: second, facts };
      return (await this.#send(second)).bad;
    }
    // With a culprit in the first half the second is as good as new: it goes out again with all that is untested.
    // Not where the culprit may be an outage: then what is nearest and smallest tells more.
    this.#untested.push(bad !== undefined && blamesOne(facts) ? this.#joined(second) : second);
    return bad;
  }

  /** A part together with what is untested already, where both have had as many tries. */
  #joined(part: Request<Input>): Request<Input> {
    if (this.#untested.at(-1)?.retries !== part.retries) return part;
    return part.join(this.#untested.pop() as Request<Input>);
  }

  /** Sends what is untested: all of it at first, less where that fails, so that many culprits cost little more than one call each. */
  async #test(): Promise<Bad<Input> | undefined> {
    let next = this.#untested.pop() as Request<Input>;
    const portion = Math.min(this.#reach, this.#host.portion(next, LAST_SHARE));
    if (next.size > portion) {
      const [near, far] = next.cut(portion);
      next = near;
      this.#untested.push(far);
    }
    const { clean, bad } = await this.#send(next);
    if (clean) this.#reach *= 2;
    if (bad !== undefined && blamesOne(bad.facts)) this.#reach = next.size >> 1;
    return bad;
  }

  /**
   * Sends a part, and where its culprit is named what is left of it at once. Settles all that can be, and says whether
   * the part came through whole.
   */
  async #send(part: Request<Input>): Promise<Sent<Input>> {
    let sent = await this.#call(part);
    while (sent.unsent !== undefined) sent = { ...(await this.#call(sent.unsent)), clean: false };
    return sent;
  }

  async #call(part: Request<Input>): Promise<Sent<Input>> {
    if (this.#host.stopped) return UNCLEAN;
    if (this.#over !== undefined) {
      this.#host.giveUpAll(part, this.#over);
      return UNCLEAN;
    }
    const failure = await this.#host.send(part);
    if (failure === undefined) {
      this.#fruitless = 0;
      return CLEAN;
    }
    if (this.#host.stopped) return UNCLEAN;
    this.#fruitless = failure.whole ? this.#fruitless + 1 : 0;
    if (this.#fruitless >= this.#patience && !blamesInput(factsOf(failure.error))) this.#over = failure.error;
    return this.#sift(failure);
  }

  /** Settles what of a failure no further call can help, and says what is left. */
  #sift(failure: Failure<Input>): Sent<Input> {
    const { request, error, whole, unsent } = failure;
    if (request.size === 0) return UNCLEAN;
    if (unsent === true) return { ...UNCLEAN, unsent: request };
    if (!whole) {
      this.#host.giveUpEach(failure);
      return UNCLEAN;
    }
    const facts = factsOf(error);
    this.#isSure = blamesOne(facts);
    if (request.size > 1 && isWorthSplitting(facts, this.#fruitless < this.#patience))
      return { ...UNCLEAN, bad: { request, facts } };
    this.#host.giveUpAll(request, error);
    return UNCLEAN;
  }
}

/**
 * An error that is known to be the provider's state, not the inputs', is not hunted. One that says nothing may be an
 * outage: that hunt ends when about 2 log2(k) calls in a row have brought nothing.
 *
 * @param isHopeful whether there has been a success not long ago
 */
export function isWorthSplitting(facts: ErrorFacts, isHopeful: boolean): boolean {
  if (isFatal(facts) || facts.code === "invalid_result" || facts.code === "invalid_argument") return false;
  if (facts.code === "request_too_large") return true;
  if (facts.retryable === true || (facts.status !== undefined && isRetryable(facts))) return false;
  return blamesInput(facts) || isHopeful;
}

/** Whether an error is about single inputs: not about all of them together, and no outage. */
function blamesOne(facts: ErrorFacts): boolean {
  return blamesInput(facts) && facts.code !== "request_too_large";
}
