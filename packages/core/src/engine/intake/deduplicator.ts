/** Outcome of the one call that stands for all equal inputs. */
export type SharedOutcome<Output> =
  | { readonly value: Output; readonly reason?: undefined }
  | { readonly reason: Error };

interface Leader<Input, Output> {
  readonly followers: { readonly index: number; readonly input: Input }[];
  outcome: SharedOutcome<Output> | undefined;
}

/**
 * Sends equal inputs once (P38): the first one leads, those that come later follow, whether its call is still to be
 * made, in flight (P39) or over. Keeps one outcome for each distinct key while the batch runs.
 */
export class Deduplicator<Input, Output> {
  readonly #keyOf: (input: Input) => unknown;
  readonly #byKey = new Map<unknown, Leader<Input, Output>>();
  readonly #byIndex = new Map<number, Leader<Input, Output>>();

  constructor(keyOf: (input: Input) => unknown) {
    this.#keyOf = keyOf;
  }

  /** The outcome of an equal input; "follows" where that is still to come; undefined where this one leads. */
  join(index: number, input: Input): SharedOutcome<Output> | "follows" | undefined {
    const key = this.#keyOf(input);
    const leader = this.#byKey.get(key);
    if (leader === undefined) {
      const leads: Leader<Input, Output> = { followers: [], outcome: undefined };
      this.#byKey.set(key, leads);
      this.#byIndex.set(index, leads);
      return undefined;
    }
    if (leader.outcome !== undefined) return leader.outcome;
    leader.followers.push({ index, input });
    return "follows";
  }

  /** Records a leader's outcome and returns the inputs that get the same. */
  settle(index: number, outcome: SharedOutcome<Output>): readonly { readonly index: number; readonly input: Input }[] {
    const leader = this.#byIndex.get(index);
    if (leader === undefined) return [];
    this.#byIndex.delete(index);
    leader.outcome = outcome;
    return leader.followers.splice(0);
  }
}
