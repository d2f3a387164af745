import { factsOf } from "../contract/error-facts.ts";
import type { Admission } from "../engine/admission/admission.ts";
import type { Caller } from "../engine/call/caller.ts";
import { Chunk } from "../engine/intake/chunk.ts";
import type { Intake } from "../engine/intake/intake.ts";
import type { Settler } from "../engine/results/settler.ts";
import type { StageContext } from "../engine/stage-context.ts";
import { Bisect } from "./bisect.ts";
import type { Failure } from "./failure.ts";
import { Retry } from "./retry.ts";
import { Survey } from "./survey.ts";

/** Recovery of a stage: calls again for what failed, asks whether all is refused, and finds the inputs that are bad. */
export class Recovery<Input, Output> {
  readonly #context: StageContext<Input, Output>;
  readonly #intake: Intake<Input, Output>;
  readonly #settler: Settler<Input, Output>;
  readonly #retry: Retry<Input, Output>;
  readonly #survey: Survey<Input, Output>;

  constructor(
    context: StageContext<Input, Output>,
    intake: Intake<Input, Output>,
    admission: Admission,
    caller: Caller<Input, Output>,
    settler: Settler<Input, Output>,
  ) {
    this.#context = context;
    this.#intake = intake;
    this.#settler = settler;
    this.#retry = new Retry(context, admission, caller, settler);
    this.#survey = new Survey(context, intake, this.#retry, settler);
  }

  /** Settles every input of a failure, in the end. What is in doubt then is asked, also where nothing is left to settle. */
  async settle(failure: Failure<Input> | undefined): Promise<void> {
    if (failure !== undefined) await this.#settle(failure);
    await this.#survey.clear(new Chunk());
    await this.#survey.ended;
  }

  async #settle(failure: Failure<Input>): Promise<void> {
    const { batch, options } = this.#context;
    if (options.isPatient && this.#isTooLarge(failure)) return this.#settleParts(failure.chunk);
    const left = await this.#retry.retry(failure);
    if (left === undefined || batch.isEnding) return;
    const { refusal } = this.#settler;
    if (refusal !== undefined) return this.#settler.rejectAll(left.chunk, refusal);
    const chunk = left.isWhole ? await this.#survey.clear(left.chunk) : left.chunk;
    // Without those that have been asked, the others may be good.
    const rest = chunk !== left.chunk ? { ...left, chunk, isUnsent: true } : left;
    if (batch.isEnding || rest.chunk.size === 0) return;
    const { size } = rest.chunk;
    if (rest.isWhole) this.#intake.cap.refused(size);
    if (this.#isTooLarge(rest)) return this.#settleParts(rest.chunk);
    await new Bisect(batch, this.#intake, this.#retry, this.#settler, this.#survey, size).run(rest);
  }

  #isTooLarge({ chunk, error, isWhole, isUnsent }: Failure<Input>): boolean {
    if (!isWhole || isUnsent === true || chunk.size <= this.#intake.cap.most) return false;
    const facts = factsOf(error);
    // What takes too long is halved bit by bit: each step may take as long.
    if (facts.code === "rate_limited" && !this.#intake.cap.isOfLimit) return false;
    return facts.code !== "timeout" && this.#settler.mayDivide(facts);
  }

  /** Sends a chunk that was larger than the backend is known to take: in parts, before any input of it is doubted. */
  async #settleParts(chunk: Chunk<Input>): Promise<void> {
    const { cap } = this.#intake;
    const { most } = cap;
    let hasPassed = true;
    const settlePart = async (part: Chunk<Input>): Promise<void> => {
      // Another part has shown meanwhile that it is too large, too.
      if (!hasPassed && part.size > cap.most) return this.#settleParts(part);
      const failure = await this.#retry.once(part);
      if (failure === undefined) return;
      hasPassed = false;
      await this.#settle(failure);
    };
    const [first, ...others] = chunk.parts(Math.ceil(chunk.size / most));
    await settlePart(first as Chunk<Input>);
    await Promise.all(others.map(settlePart));
    if (hasPassed) cap.limit(chunk.size, most);
  }
}
