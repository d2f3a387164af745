import { ProviderError } from "../contract/errors.ts";
import { factsOf } from "../contract/error-facts.ts";
import type { Chunk } from "../engine/intake/chunk.ts";
import type { Intake } from "../engine/intake/intake.ts";
import type { Source } from "../engine/intake/source.ts";
import type { Settler } from "../engine/results/settler.ts";
import type { StageContext } from "../engine/stage-context.ts";
import type { Retry } from "./retry.ts";

/** Inputs that are asked at a time, each alone. */
const ASKED = 5;
/** Inputs by which a lazy source may be read beyond L11's bound, where the provider refused: fewer are near to each other. */
const BEYOND = 64;
/** Refusals that end the run, where all inputs can be asked and nothing got through. */
const ENOUGH = 9;

/**
 * Survey of a few single inputs, after refusals that say the same: either some inputs are bad, or what all requests have
 * in common is refused. Then the run ends with one error, and not with one for each input.
 */
export class Survey<Input, Output> {
  readonly #source: Source<Input>;
  readonly #intake: Intake<Input, Output>;
  readonly #retry: Retry<Input, Output>;
  readonly #settler: Settler<Input, Output>;
  /** Resolves when all that was asked has its outcome. */
  ended: Promise<unknown> = Promise.resolve();
  #running: Promise<Chunk<Input>> | undefined;

  constructor(
    { source }: StageContext<Input, Output>,
    intake: Intake<Input, Output>,
    retry: Retry<Input, Output>,
    settler: Settler<Input, Output>,
  ) {
    this.#source = source;
    this.#intake = intake;
    this.#retry = retry;
    this.#settler = settler;
  }

  /** Asks, where there is reason to. Returns what is left of a chunk that has been refused. */
  async clear(chunk: Chunk<Input>): Promise<Chunk<Input>> {
    if (!this.#settler.health.isInDoubt) return chunk;
    if (this.#running !== undefined) {
      await this.#running;
      return chunk;
    }
    this.#running = this.#ask(chunk);
    try {
      return await this.#running;
    } finally {
      this.#running = undefined;
    }
  }

  /** Asks inputs ahead of their turn, or where there are none some of a chunk; and more where these are too few to tell. */
  async #ask(chunk: Chunk<Input>): Promise<Chunk<Input>> {
    const { health } = this.#settler;
    const { passed, refusals } = health;
    const { count } = refusals;
    const isInside = chunk.size > 1 && count > ASKED && this.#isWhole;
    const ahead = isInside ? [] : await this.#intake.takeAhead(ASKED, refusals.isProviders ? BEYOND : 0);
    const isWhole = this.#isWhole;
    const [asked, rest] =
      ahead.length > 0 ? [ahead, chunk] : chunk.single(isWhole ? Math.min(ASKED, ENOUGH - count) : ASKED);
    await this.#sendUntilOnePasses(asked);
    for (const _ of ahead) this.#intake.finished();
    // The first one of a chunk has been counted with it.
    if (health.passed === passed && refusals.count >= count + asked.length - 1) {
      if (refusals.isWide(asked.length) || (isWhole && refusals.count >= ENOUGH))
        this.#settler.refuse(refusedForAll(refusals.last as Error, refusals.count));
      // What has been asked makes room for inputs that are further away.
      else if (ahead.length > 0 || (isWhole && rest.size > 0)) return this.#ask(rest);
    }
    refusals.clear();
    return rest;
  }

  /** True where nothing got through, and all inputs can be asked. */
  get #isWhole(): boolean {
    return this.#settler.health.passed === 0 && (this.#source.ended || this.#source.inputs !== undefined);
  }

  /** Resolves once one has passed, or all have failed: others may have to wait for long, until `ended`. */
  #sendUntilOnePasses(asked: readonly Chunk<Input>[]): Promise<unknown> {
    const { health } = this.#settler;
    const { passed } = health;
    const onePassed = Promise.withResolvers<void>();
    const sent = asked.map(async (each) => {
      await this.#send(each);
      if (health.passed > passed) onePassed.resolve();
    });
    this.ended = Promise.all([this.ended, ...sent]);
    // It is awaited at the end; until then nothing looks at its failure.
    this.ended.catch(() => undefined);
    return Promise.race([onePassed.promise, this.ended]);
  }

  async #send(single: Chunk<Input>): Promise<void> {
    const left = await this.#retry.send(single);
    if (left !== undefined) this.#settler.giveUpEach(left);
  }
}

function refusedForAll(error: Error, count: number): ProviderError {
  const { code, status } = factsOf(error);
  return new ProviderError(
    `Expected some inputs to get through, got the same failure for ${count} in a row (${status ?? code}). ` +
      "Check the options, such as the model; `cause` is the last failure.",
    { code: code === "authentication" ? code : "invalid_argument", status, retryable: false, cause: error },
  );
}
