import type { Usage } from "../../contract/report.ts";
import { toError } from "../../contract/errors.ts";
import type { Settlement } from "../../contract/rate-limiter.ts";
import { type Admission, giveBack, type Pass } from "../admission/admission.ts";
import type { Chunk } from "../intake/chunk.ts";
import { factsOf } from "../../contract/error-facts.ts";
import type { Failure } from "../recovery/failure.ts";
import type { Answer, Settler } from "../results/settler.ts";
import type { StageContext } from "../stage-context.ts";
import { CallSlot } from "./call-slot.ts";
import { startDeadline } from "./deadline.ts";

/** Makes a stage's calls, new work's and recovery's alike: each from its pass to its outcomes. */
export class Caller<Input, Output> {
  readonly #context: StageContext<Input, Output>;
  readonly #admission: Admission;
  readonly #settler: Settler<Input, Output>;
  readonly #free: CallSlot[] = [];

  constructor(context: StageContext<Input, Output>, admission: Admission, settler: Settler<Input, Output>) {
    this.#context = context;
    this.#admission = admission;
    this.#settler = settler;
  }

  /** One call. Settles what it can of the chunk and returns what failed: an empty chunk where nothing of it is left to do. */
  async attempt(chunk: Chunk<Input>, pass: Pass): Promise<Failure<Input> | undefined> {
    // Asked here, with nothing awaited in between: the batch may have ended, or its money gone, while the chunk waited.
    if (this.#context.batch.isEnding || !this.#isPayable(chunk.tokens)) {
      giveBack(pass);
      return undefined;
    }
    this.#admission.begin();
    let settlement: Settlement | undefined;
    try {
      const slot = this.#free.pop() ?? new CallSlot(this.#context);
      const answer = await this.#call(chunk, slot);
      settlement = settlementOf(chunk, slot, answer.error);
      this.#free.push(slot);
      return this.#settler.isClosed ? undefined : await this.#settler.place(chunk, answer);
    } finally {
      this.#admission.end(pass, settlement);
    }
  }

  /** Calls in the Runnable's own way. Never throws for the call. */
  async #call(chunk: Chunk<Input>, slot: CallSlot): Promise<Answer> {
    const { calibration, clock, lookUp, price, strategy, timeoutMs } = this.#context.options;
    const { stats, budget, hooks } = this.#context.batch;
    const startedAt = hooks.onRequest === undefined ? 0 : clock.now();
    // What a call reports after its end belongs to no call any more.
    slot.usage = undefined;
    slot.limits = undefined;
    slot.requestId = undefined;
    chunk.attempts++;
    if (!lookUp) stats.callBegins();
    budget?.begin(chunk.tokens, price);
    const deadline = timeoutMs === undefined ? undefined : startDeadline(slot.options, timeoutMs, clock);
    const { options } = deadline ?? slot;
    let answer: Answer;
    try {
      // A copy: what the Runnable does to its array must not change what is sent again.
      const inputs = strategy.kind === "one" ? chunk.inputs : chunk.inputs.slice();
      const sent =
        strategy.kind === "one" ? strategy.call(inputs[0] as Input, options) : strategy.call(inputs, options);
      answer = { value: await (deadline?.race(sent) ?? sent) };
    } catch (thrown) {
      answer = { error: toError(thrown) };
    }
    deadline?.end();
    budget?.end(chunk.tokens, price);
    if (!lookUp) stats.callEnds();
    const { usage, requestId } = slot;
    const { error } = answer;
    if (error === undefined && usage !== undefined) calibration?.observe(chunk.tokens, totalTokens(usage) ?? 0);
    if (!lookUp && hooks.onRequest !== undefined) {
      const durationMs = clock.now() - startedAt;
      hooks.onRequest({ inputs: chunk.size, attempt: chunk.attempts, durationMs, usage, requestId, error });
    }
    return answer;
  }

  #isPayable(tokens: number): boolean {
    const { batch, options } = this.#context;
    if (batch.budget === undefined || options.lookUp) return true;
    const reason = batch.budget.refuse(tokens, options.price);
    if (reason !== undefined) batch.end({ status: "stopped", reason }, "drain");
    return reason === undefined;
  }
}

/** End of a call for the limiter, with what the provider counted for it (P28). */
function settlementOf(chunk: Chunk<unknown>, { usage, limits }: CallSlot, error: Error | undefined): Settlement {
  const facts = error === undefined ? undefined : factsOf(error);
  const outcome = facts === undefined ? "ok" : facts.code === "rate_limited" ? "limited" : "failed";
  const tokens = usage && totalTokens(usage);
  const used = tokens === undefined ? undefined : { requests: 1, inputs: chunk.size, tokens };
  return { outcome, used, limits, retryAfterMs: facts?.retryAfterMs };
}

function totalTokens({ inputTokens, outputTokens, totalTokens: total }: Usage): number | undefined {
  if (total !== undefined) return total;
  return inputTokens === undefined ? undefined : inputTokens + (outputTokens ?? 0);
}
