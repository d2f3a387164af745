import type { Usage } from "../../contract/report.ts";
import { toError } from "../../contract/errors.ts";
import type { Call } from "../../contract/middleware.ts";
import type { Demand, Settlement } from "../../contract/rate-limiter.ts";
import type { CallOptions } from "../../contract/call.ts";
import { sleep } from "../../contract/clock.ts";
import { type CallEnd, Spending } from "../admission/spending.ts";
import type { Admission } from "../admission/admission.ts";
import { giveBack, type Pass } from "../admission/pass.ts";
import type { Chunk } from "../intake/chunk.ts";
import { type ErrorFacts, factsOf } from "../../contract/error-facts.ts";
import type { Failure } from "../../recovery/failure.ts";
import { isTooLong, isUnavailable } from "../../recovery/retry-policy.ts";
import type { CallStrategy } from "../resolve/call-strategy.ts";
import { wrongCount } from "../results/check-result.ts";
import type { Answer, Settler } from "../results/settler.ts";
import { countedTokens, weightOf } from "../../rate-limit/calibration.ts";
import type { StageContext } from "../stage-context.ts";
import { CallSlot } from "./call-slot.ts";
import { Deadline } from "./deadline.ts";
import { outputOf, throughMiddleware } from "../../middleware/through-middleware.ts";

/** Makes a stage's calls, new work's and recovery's alike: each from its pass to its outcomes. */
export class Caller<Input, Output> {
  readonly #context: StageContext<Input, Output>;
  readonly #admission: Admission;
  readonly #settler: Settler<Input, Output>;
  readonly #free: CallSlot[] = [];
  /** Reserves of the calls under the caps; undefined where the caller of the batch has set none. */
  readonly #spending: Spending | undefined;

  constructor(context: StageContext<Input, Output>, admission: Admission, settler: Settler<Input, Output>) {
    this.#context = context;
    this.#admission = admission;
    this.#settler = settler;
    const { batch, options } = context;
    if (batch.budget !== undefined && !options.lookUp) this.#spending = new Spending(batch.budget, options.price);
  }

  /** One call. Settles what it can of the chunk and returns what failed: an empty chunk where nothing of it is left to do. */
  async attempt(chunk: Chunk<Input>, pass: Pass): Promise<Failure<Input> | undefined> {
    // Asked here, with nothing awaited in between: the batch may have ended while the chunk waited.
    if (this.#context.batch.isEnding) {
      this.#spending?.end(chunk);
      giveBack(pass);
      return undefined;
    }
    if (this.#spending?.reserve(chunk) === false) {
      const affordable = await this.afford(chunk, pass);
      return affordable && this.attempt(affordable, pass);
    }
    this.#admission.begin();
    let settlement: Settlement = { outcome: "failed" };
    let end: CallEnd | undefined;
    try {
      const slot = this.#free.pop() ?? new CallSlot(this.#context);
      const answer = await this.#call(chunk, slot);
      settlement = this.#settlementOf(chunk, slot, answer.error);
      const { fault, usage } = slot;
      end = { usage, error: answer.error };
      this.#free.push(slot);
      if (this.#settler.isClosed) return undefined;
      const failure = await this.#settler.place(chunk, answer);
      if (fault !== undefined) this.#context.batch.end({ status: "failed", reason: fault }, "cancel");
      return failure;
    } finally {
      this.#admission.end(pass, settlement);
      // What waits for it has to know what all are asked to wait.
      this.#spending?.end(chunk, end);
    }
  }

  /** Calls in the Runnable's own way. Never throws for the call. */
  async #call(chunk: Chunk<Input>, slot: CallSlot): Promise<Answer> {
    const { calibration, callHooks, clock, lookUp, size, strategy, timeoutMs } = this.#context.options;
    const { stats, hooks } = this.#context.batch;
    const isTimed = hooks.onRequest !== undefined || size !== undefined || timeoutMs !== undefined;
    const startedAt = isTimed ? clock.now() : 0;
    // What a call reports after its end belongs to no call any more.
    slot.usage = undefined;
    slot.limits = undefined;
    slot.requestId = undefined;
    slot.fault = undefined;
    slot.isRetry = chunk.attempts++ > 0;
    if (!lookUp) stats.callBegins();
    const deadline = timeoutMs === undefined ? undefined : new Deadline(slot.options, timeoutMs, clock, startedAt);
    slot.deadline = deadline;
    const { options } = deadline ?? slot;
    let answer: Answer;
    try {
      const sent =
        callHooks === undefined ? send(strategy, chunk.inputs, options) : this.#sendThrough(chunk, slot, options);
      answer = { value: await (deadline === undefined ? sent : Promise.race([sent, deadline.expired])) };
    } catch (thrown) {
      answer = { error: toError(thrown) };
    }
    deadline?.end();
    if (!lookUp) stats.callEnds();
    const { usage, requestId } = slot;
    const { error } = answer;
    if (error === undefined && usage !== undefined) calibration?.learn(chunk, usage);
    if (error !== undefined) size?.failed();
    // What is sent again, or is a part, says little of what requests take.
    else if (chunk.attempts === 1)
      size?.answered(weightOf(chunk, this.#context.options), clock.now() - startedAt, clock.now());
    if (!lookUp && hooks.onRequest !== undefined) {
      const durationMs = clock.now() - startedAt;
      hooks.onRequest({ inputs: chunk.size, attempt: chunk.attempts, durationMs, usage, requestId, error });
    }
    return answer;
  }

  /** The same through middleware. A fault of it stays with the slot: what the call has brought is settled first. */
  async #sendThrough(chunk: Chunk<Input>, slot: CallSlot, options: CallOptions): Promise<unknown> {
    const { callHooks: hooks = [], price, schema, strategy } = this.#context.options;
    const { attempts: attempt } = chunk;
    const batch = this.#context.batch.info;
    const call: Call = { inputs: chunk.inputs.slice(), attempt, options, price, schema, batch, hooks };
    slot.call = call;
    const end = await throughMiddleware(call, async (changed) => {
      const value = await send(strategy, changed.inputs as Input[], changed.options);
      const results = strategy.kind === "one" ? [value] : value;
      const wrong = wrongCount(results, changed.inputs.length);
      if (wrong !== undefined) throw wrong;
      return { results: results as unknown[], usage: slot.usage, requestId: slot.requestId };
    });
    // After its deadline the slot is another call's.
    if (slot.call === call) Object.assign(slot, { call: undefined, fault: end.fault });
    if (end.result === undefined) throw end.error ?? end.fault;
    return strategy.kind === "one" ? outputOf(end) : end.result.results;
  }

  /** End of a call for the limiter, with what the provider counted for it (P28). */
  #settlementOf(chunk: Chunk<Input>, { usage, limits }: CallSlot, error: Error | undefined): Settlement {
    const used = usage && countedOf(usage, chunk.size);
    if (error === undefined) return { outcome: "ok", used, limits };
    const facts = factsOf(error);
    // A wait that is not obeyed is one input's failure, and holds for no other.
    if (isTooLong(facts, this.#context.options)) return { outcome: "failed", used, limits };
    return { outcome: this.#outcomeOf(chunk, facts), used, limits, retryAfterMs: facts.retryAfterMs };
  }

  #outcomeOf(chunk: Chunk<Input>, facts: ErrorFacts): Settlement["outcome"] {
    if (facts.code === "rate_limited") return "limited";
    if (!this.#context.options.isPatient || !isUnavailable(facts, chunk.size)) return "failed";
    return !facts.isUnsent && this.#settler.health.isBlamed(chunk) ? "failed" : "unavailable";
  }

  /**
   * Waits until the caps leave room for a chunk, and takes it. Where they never will, the batch ends.
   *
   * @param cut takes the inputs behind the first ones away from a chunk
   */
  async afford(
    chunk: Chunk<Input>,
    pass: Pass,
    cut: (chunk: Chunk<Input>, count: number) => Chunk<Input> = () => chunk,
  ): Promise<Chunk<Input> | undefined> {
    const { batch, options } = this.#context;
    if (this.#spending === undefined || this.#spending.reserve(chunk)) return chunk;
    let affordable = await this.#spending.wait(chunk, batch.draining, cut);
    while (affordable !== undefined) {
      const pauseMs = pass.reservation?.waitMs?.() ?? 0;
      if (pauseMs <= 0) {
        pass.reservation?.begin?.();
        return affordable;
      }
      this.#spending.end(affordable);
      // oxlint-disable-next-line no-await-in-loop -- another pause may follow
      await sleep(pauseMs, options.clock, batch.draining).catch(() => undefined);
      // oxlint-disable-next-line no-await-in-loop -- the same
      affordable = await this.#spending.wait(affordable, batch.draining, cut);
    }
    giveBack(pass);
    batch.end({ status: "stopped", reason: this.#spending.refusal(chunk) }, "drain");
    return undefined;
  }
}

/** Makes a call in the Runnable's own way. */
function send<Input, Output>(
  strategy: CallStrategy<Input, Output>,
  inputs: readonly Input[],
  options: CallOptions,
): Promise<unknown> {
  if (strategy.kind === "one") return strategy.call(inputs[0] as Input, options);
  // A copy: what the Runnable does to its array must not change what is sent again.
  return strategy.call(inputs.slice(), options);
}

/** Amounts of a call that limits count; undefined where its usage does not say. */
function countedOf(usage: Usage, inputs: number): Demand | undefined {
  const { inputTokens, outputTokens, uncountedInputTokens = 0 } = usage;
  const tokens = countedTokens(usage);
  const counted = inputTokens === undefined ? undefined : inputTokens - uncountedInputTokens;
  return tokens === undefined ? undefined : { requests: 1, inputs, tokens, inputTokens: counted, outputTokens };
}
