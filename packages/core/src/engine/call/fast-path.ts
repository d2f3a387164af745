import { toError } from "../../contract/errors.ts";
import type { Claimant } from "../admission/semaphore.ts";
import type { Stage } from "../batch-run.ts";
import type { SyncSource } from "../intake/source.ts";
import type { CallStrategy } from "../resolve/call-strategy.ts";
import { Settler } from "../results/settler.ts";
import type { StageContext } from "../stage-context.ts";
import { CallSlot } from "./call-slot.ts";

type CallOne<Input, Output> = Extract<CallStrategy<Input, Output>, { kind: "one" }>["call"];

/**
 * One Runnable's work in the plain case: no chunk, no reservation, no retry, no hook. What is not asked for costs
 * nothing: an item is one await and one outcome.
 */
export class FastPath<Input, Output> implements Stage, Claimant {
  readonly #context: StageContext<Input, Output>;
  readonly #call: CallOne<Input, Output>;
  readonly #source: SyncSource<Input>;
  readonly #settler: Settler<Input, Output>;
  readonly #free: CallSlot[] = [];
  /** Permits held, and calls in flight. */
  #held = 0;
  #busy = 0;
  #isEnded = false;

  constructor(context: StageContext<Input, Output>) {
    this.#context = context;
    this.#call = context.options.strategy.call as CallOne<Input, Output>;
    this.#source = context.source as SyncSource<Input>;
    this.#settler = new Settler(context);
  }

  start(): void {
    this.#context.semaphore.join(this);
  }

  drain(): void {
    this.#source.close();
    this.#endUnlessBusy();
  }

  cancel(): void {
    this.#isEnded = true;
    this.#settler.close();
    this.#source.close();
    this.#context.semaphore.leave(this);
  }

  /** True where no call is in flight. */
  get isIdle(): boolean {
    return this.#busy === 0;
  }

  claim(): boolean {
    if (this.#isEnded) return false;
    const { options, semaphore } = this.#context;
    if (!this.#source.ended && this.#held < options.maxConcurrency && semaphore.tryAcquire()) {
      if (this.#advance()) {
        this.#held++;
        void this.#work();
        return true;
      }
      semaphore.putBack();
    }
    if (this.#source.ended) this.#endUnlessBusy();
    return false;
  }

  /** One call after another on one permit. */
  async #work(): Promise<void> {
    const { batch, semaphore } = this.#context;
    const slot = this.#free.pop() ?? new CallSlot(this.#context);
    try {
      do {
        const { input, pulled } = this.#source;
        let value: Output | undefined;
        let error: Error | undefined;
        this.#busy++;
        batch.stats.callBegins();
        try {
          value = await this.#call(input, slot.options);
        } catch (thrown) {
          error = toError(thrown);
        }
        this.#busy--;
        batch.stats.callEnds();
        if (error === undefined) this.#settler.fulfill(pulled - 1, input, value as Output);
        else this.#settler.giveUp(pulled - 1, input, error);
      } while (!this.#source.ended && !semaphore.isContended && this.#advance());
    } catch (error) {
      batch.end({ status: "failed", reason: error }, "cancel");
    }
    this.#free.push(slot);
    this.#held--;
    semaphore.release();
  }

  /** Moves on to the next input that is to be called for; false where there is none, or no room for it. */
  #advance(): boolean {
    while (this.#hasRoom() && this.#source.advance()) {
      const { refusal } = this.#settler;
      if (refusal === undefined) return true;
      this.#settler.reject(this.#source.pulled - 1, this.#source.input, refusal);
    }
    return false;
  }

  /** Tells whether a call may start. Outcomes that have not been taken count as if they were in flight (L11). */
  #hasRoom(): boolean {
    const { options, semaphore, sink } = this.#context;
    const { maxConcurrency } = options;
    const { backlog } = sink;
    const places = maxConcurrency - this.#busy;
    if (places <= 0) return false;
    if (backlog.waiting < places && this.#busy + backlog.held < 2 * maxConcurrency) return true;
    backlog.wakeWhenTaken(semaphore);
    return false;
  }

  #endUnlessBusy(): void {
    if (this.#isEnded || this.#busy > 0) return;
    const { batch, semaphore, sink } = this.#context;
    this.#isEnded = true;
    this.#source.close();
    semaphore.leave(this);
    sink.close?.();
    batch.stageEnded();
  }
}
