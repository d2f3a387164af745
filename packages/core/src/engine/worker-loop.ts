import { Admission } from "./admission/admission.ts";
import type { Claimant } from "./admission/semaphore.ts";
import type { Stage } from "./batch-run.ts";
import { Caller } from "./call/caller.ts";
import type { Chunk } from "./intake/chunk.ts";
import { Intake } from "./intake/intake.ts";
import type { Failure } from "../recovery/failure.ts";
import { Recovery } from "../recovery/recovery.ts";
import { Settler } from "./results/settler.ts";
import type { StageContext } from "./stage-context.ts";

/**
 * One Runnable's work through its inputs:
 *
 *     intake -> admission -> call -> results
 *                   ^          |
 *                   +- recovery
 *
 * A worker holds one permit and makes one call after another, as a hand-written loop would. A chunk that fails leaves the
 * worker and goes to recovery, which passes admission ahead of new work.
 */
export class WorkerLoop<Input, Output> implements Stage, Claimant {
  readonly #context: StageContext<Input, Output>;
  readonly #admission: Admission;
  readonly #settler: Settler<Input, Output>;
  readonly #intake: Intake<Input, Output>;
  readonly #caller: Caller<Input, Output>;
  /** Made for the first chunk that fails. */
  #recovery: Recovery<Input, Output> | undefined;
  #isEnded = false;

  constructor(context: StageContext<Input, Output>) {
    this.#context = context;
    this.#settler = new Settler(context);
    this.#admission = new Admission(context, this.#settler.stop);
    this.#intake = new Intake(context, this.#settler, this.#admission);
    this.#caller = new Caller(context, this.#admission, this.#settler);
  }

  start(): void {
    this.#context.semaphore.join(this);
  }

  drain(): void {
    this.#close();
    this.#endUnlessBusy();
  }

  cancel(): void {
    this.#isEnded = true;
    this.#settler.close();
    this.#close();
  }

  /** True where nothing is under way that could bring outcomes. */
  get isIdle(): boolean {
    return this.#intake.isIdle;
  }

  claim(): boolean {
    if (this.#isEnded) return false;
    const served = this.#admission.serve();
    if (served !== undefined) return served;
    const state = this.#intake.poll();
    if (state === "done") this.#endUnlessBusy();
    if (state !== "chunk" || this.#settler.health.isInDoubt || !this.#admission.tryEnter()) return false;
    void this.#work(this.#intake.take());
    return true;
  }

  /** One call after another on one permit. */
  async #work(first: Chunk<Input>): Promise<void> {
    let hasPermit = true;
    try {
      for (let next: Chunk<Input> | undefined = first; next !== undefined; next = this.#next()) {
        let chunk = next;
        if (this.#settler.refusal !== undefined) {
          this.#refuse(chunk, this.#settler.refusal);
          continue;
        }
        let pass = this.#admission.tryPass(chunk);
        if (pass === undefined) {
          hasPermit = false;
          chunk = this.#intake.lighten(chunk);
          pass = await this.#admission.park(chunk);
          if (pass === undefined) {
            if (this.#settler.refusal !== undefined) this.#refuse(chunk, this.#settler.refusal);
            return;
          }
          hasPermit = true;
        }
        if (this.#context.batch.budget !== undefined) {
          const affordable = await this.#caller.afford(chunk, pass, (each, count) => this.#intake.cut(each, count));
          if (affordable === undefined) break;
          chunk = affordable;
        }
        const failure = await this.#caller.attempt(chunk, pass);
        this.#intake.called(chunk, failure === undefined);
        const isLeft = failure !== undefined && failure.chunk.size > 0;
        if (isLeft || this.#settler.health.isInDoubt) void this.#recover(failure);
        else this.#intake.finished();
      }
    } catch (error) {
      // Something broke that is not the failure of an item, such as a hook that threw.
      this.#context.batch.end({ status: "failed", reason: error }, "cancel");
    }
    if (hasPermit) this.#admission.leave();
  }

  /** Leaves a chunk to the next stage. */
  #refuse(chunk: Chunk<Input>, refusal: Error): void {
    this.#settler.rejectAll(chunk, refusal);
    this.#intake.called(chunk, false);
    this.#intake.finished();
  }

  /** The worker's next chunk; it ends where an older claim wants its permit. */
  #next(): Chunk<Input> | undefined {
    if (this.#admission.isContended || this.#settler.health.isInDoubt) return undefined;
    return this.#intake.poll() === "chunk" ? this.#intake.take() : undefined;
  }

  /** Tries a failed chunk again, and bisects it where one of its inputs makes it fail. */
  async #recover(failure: Failure<Input> | undefined): Promise<void> {
    this.#recovery ??= new Recovery(this.#context, this.#intake, this.#admission, this.#caller, this.#settler);
    try {
      await this.#recovery.settle(failure);
    } catch (error) {
      // The end of the batch ends a backoff with the signal's reason: that is not a fault.
      if (!this.#context.batch.isEnding) this.#context.batch.end({ status: "failed", reason: error }, "cancel");
    }
    this.#intake.finished();
    this.#admission.semaphore.wake();
  }

  #endUnlessBusy(): void {
    if (this.#isEnded || this.#admission.isBusy) return;
    this.#isEnded = true;
    this.#close();
    this.#context.sink.close?.();
    this.#context.batch.stageEnded();
  }

  #close(): void {
    this.#admission.close();
    this.#intake.close();
    if (this.#isEnded) this.#context.semaphore.leave(this);
  }
}
