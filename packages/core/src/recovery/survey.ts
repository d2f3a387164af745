import { ProviderError } from "../contract/errors.ts";
import { factsOf } from "../contract/error-facts.ts";
import { type Chunk, spread } from "../engine/intake/chunk.ts";
import type { Intake } from "../engine/intake/intake.ts";
import type { Settler } from "../engine/results/settler.ts";
import { SURELY } from "./refusals.ts";
import type { Retry } from "./retry.ts";

/** Inputs that are asked, each alone. */
const ASKED = 5;

/**
 * Survey of a few single inputs, after refusals that say the same: either some inputs are bad, or what all requests have
 * in common is refused. Then the run ends with one error, and not with one for each input.
 */
export class Survey<Input, Output> {
  readonly #intake: Intake<Input, Output>;
  readonly #retry: Retry<Input, Output>;
  readonly #settler: Settler<Input, Output>;
  /** Resolves when all that was asked has its outcome. */
  ended: Promise<unknown> = Promise.resolve();
  #running: Promise<Chunk<Input>> | undefined;

  constructor(intake: Intake<Input, Output>, retry: Retry<Input, Output>, settler: Settler<Input, Output>) {
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

  async #ask(chunk: Chunk<Input>): Promise<Chunk<Input>> {
    const { health } = this.#settler;
    const { passed, refusals } = health;
    const { count } = refusals;
    const ahead = this.#intake.takeAhead(ASKED);
    const places = ahead.length > 0 ? [] : spread(ASKED, chunk.size);
    const asked = [...ahead, ...places.map((place) => chunk.pick([place]))];
    await this.#sendUntilOnePasses(asked);
    for (const _ of ahead) this.#intake.finished();
    const isWide = ahead.length > 0 || chunk.size >= SURELY || refusals.isWide(passed);
    // The first one of a chunk has been counted with it.
    const isSure = isWide && health.passed === passed && refusals.count >= count + asked.length - 1;
    if (isSure && refusals.last !== undefined) this.#settler.refuse(refusedForAll(refusals.last, refusals.count));
    refusals.clear();
    return places.length === 0 ? chunk : chunk.without(places);
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
