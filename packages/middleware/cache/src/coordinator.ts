import { ArgumentError, type CallOptions, ResultError } from "@batchwise/core";
import type { ResultStore, Schema } from "./result-store.ts";
import { type Flight, SingleFlight, type Outcome } from "./single-flight.ts";
import type { Keys } from "./keys.ts";
import type { CacheStats } from "./cache-monitor.ts";
import { kindOf } from "./refused-option.ts";

/** Sends inputs, and gives an outcome for each in their order; undefined where it cannot tell one. */
export type Send<Input, Output> = (inputs: Input[]) => Promise<Outcomes<Output>>;

/** Outcomes in the order of the inputs; undefined for what is still to come. */
type Outcomes<Output> = readonly (Outcome<Output> | undefined)[];

/** Inputs to answer, as a call has them. */
export interface Question<Input, Output> {
  readonly inputs: readonly Input[];
  readonly options: CallOptions;
  /** Schema by which results are saved and used. */
  readonly schema: Schema<Output>;
}

/** Outcomes of some inputs. */
export interface Answer<Output> {
  readonly outcomes: Outcomes<Output>;
  /** Error that kept the rest from being answered. */
  readonly thrown?: { readonly error: unknown };
}

/** Parts of a coordinator. */
export interface CoordinatorParts<Input, Output> {
  readonly keys: Keys<Input>;
  readonly results: ResultStore<Output>;
  /** Schema of the Runnable itself. */
  readonly schema: Schema<Output>;
  readonly stats: { -readonly [Name in keyof CacheStats]: CacheStats[Name] };
}

/** One question, and the answers so far. */
interface Inquiry<Input, Output> extends Question<Input, Output> {
  readonly keys: readonly string[];
  readonly outcomes: (Outcome<Output> | undefined)[];
  readonly send: Send<Input, Output>;
}

/** An input that is this call's to send, with all places that wait for its outcome. */
interface Lead<Output> {
  readonly flight: Flight<Output>;
  readonly positions: number[];
}

/** An input that another call is sending. */
interface Follower<Output> {
  readonly flight: Flight<Output>;
  readonly position: number;
}

/**
 * Coordinator of one cached Runnable: answers inputs from the saved results, sends the others, and saves what comes
 * back. An input that is on its way already is waited for and not sent again.
 */
export class Coordinator<Input, Output> {
  readonly #parts: CoordinatorParts<Input, Output>;
  readonly #flights = new SingleFlight<Output>();

  constructor(parts: CoordinatorParts<Input, Output>) {
    this.#parts = parts;
  }

  /** Looks inputs up: in their order, undefined for what is not there. Never fails. */
  async lookUp(inputs: readonly Input[], options: CallOptions): Promise<Outcomes<Output>> {
    const { results, keys: keysOf, schema, stats } = this.#parts;
    const keys = keysOf.of(inputs, options);
    const known = keys.filter((key) => typeof key === "string");
    const found = await results.read(known, schema);
    if (ArgumentError.isInstance(found)) return inputs.map(() => undefined);
    let next = 0;
    const outcomes = keys.map((key) => (typeof key === "string" ? found[next++] : undefined));
    stats.hits += outcomes.filter((outcome) => outcome !== undefined).length;
    return outcomes;
  }

  /** Answers inputs, with as few of them sent as can be. Never rejects. */
  async answer(question: Question<Input, Output>, send: Send<Input, Output>): Promise<Answer<Output>> {
    const { inputs, options } = question;
    const keys = this.#parts.keys.of(inputs, options);
    const outcomes = keys.map((key) => (typeof key === "string" ? undefined : { error: key }));
    const sendings: number[] = [];
    const inquiry: Inquiry<Input, Output> = {
      ...question,
      // Those without a key have their outcome, and are not looked at again.
      keys: keys as readonly string[],
      outcomes,
      send: (some) => {
        sendings.push(some.length);
        return send(some);
      },
    };
    let open = outcomes.flatMap((outcome, position) => (outcome === undefined ? [position] : []));
    try {
      while (open.length > 0) {
        const { leads, followers } = this.#claim(open, inquiry.keys);
        if (leads.size > 0) await this.#fly(leads, inquiry);
        open = await this.#follow(followers, inquiry);
      }
    } catch (error) {
      return { outcomes, thrown: { error } };
    }
    reportPart(inputs.length, sendings, options);
    return { outcomes };
  }

  /** Parts the inputs into those that are ours to send and those that are on their way. */
  #claim(
    positions: readonly number[],
    keys: readonly string[],
  ): { readonly leads: Map<string, Lead<Output>>; readonly followers: Follower<Output>[] } {
    const leads = new Map<string, Lead<Output>>();
    const followers: Follower<Output>[] = [];
    for (const position of positions) {
      const key = keys[position] as string;
      const lead = leads.get(key);
      const flight = lead === undefined ? this.#flights.get(key) : undefined;
      if (lead !== undefined) lead.positions.push(position);
      else if (flight !== undefined) followers.push({ flight, position });
      else leads.set(key, { flight: this.#flights.start(key), positions: [position] });
    }
    return { leads, followers };
  }

  /** Looks up what is ours, sends the rest, and saves what comes. @throws what sending throws */
  async #fly(leads: ReadonlyMap<string, Lead<Output>>, inquiry: Inquiry<Input, Output>): Promise<void> {
    const { signal } = inquiry.options;
    // No other call is to wait for one that is not wanted any more, and that may never end.
    const release = (): void => {
      for (const [key, { flight }] of leads) this.#flights.end(key, flight);
    };
    signal?.addEventListener("abort", release, { once: true });
    try {
      const misses = await this.#recall(leads, inquiry);
      if (misses.length > 0) await this.#send(misses, inquiry);
    } finally {
      signal?.removeEventListener("abort", release);
      release();
    }
  }

  /** Answers from the saved results. Returns the others. */
  async #recall(
    leads: ReadonlyMap<string, Lead<Output>>,
    inquiry: Inquiry<Input, Output>,
  ): Promise<[key: string, lead: Lead<Output>][]> {
    const found = await this.#parts.results.read([...leads.keys()], inquiry.schema);
    let next = 0;
    return [...leads].filter(([key, lead]) => {
      const outcome = ArgumentError.isInstance(found) ? { error: found } : found[next++];
      if (outcome === undefined) return true;
      if (outcome.error === undefined) this.#parts.stats.hits += lead.positions.length;
      this.#settle(key, lead, outcome, inquiry);
      return false;
    });
  }

  async #send(misses: readonly [key: string, lead: Lead<Output>][], inquiry: Inquiry<Input, Output>): Promise<void> {
    const { inputs, options, schema, send } = inquiry;
    const { stats, results } = this.#parts;
    options.signal?.throwIfAborted();
    const sent = misses.map(([, { positions }]) => positions[0] as number);
    stats.misses += sent.length;
    let answers: Outcomes<Output>;
    try {
      answers = await send(sent.map((position) => inputs[position] as Input));
    } catch (error) {
      throw atPosition(error, sent);
    }
    requireCount(answers, sent.length);
    await results.save(
      misses.map(([key], index) => [key, answers[index]]),
      schema,
    );
    for (const [index, [key, lead]] of misses.entries()) {
      const outcome = answers[index];
      if (outcome === undefined) continue;
      if (outcome.error === undefined) stats.joined += lead.positions.length - 1;
      this.#settle(key, lead, outcome, inquiry);
    }
  }

  #settle(key: string, lead: Lead<Output>, outcome: Outcome<Output>, { outcomes }: Inquiry<Input, Output>): void {
    for (const position of lead.positions) outcomes[position] = outcome;
    // A failure is this call's own: only what succeeded is shared.
    this.#flights.end(key, lead.flight, outcome.error === undefined ? outcome : undefined);
  }

  /** Waits for those who send our inputs. Returns the positions for which they brought nothing. */
  async #follow(
    followers: readonly Follower<Output>[],
    { outcomes, options }: Inquiry<Input, Output>,
  ): Promise<number[]> {
    const open: number[] = [];
    for (const { flight, position } of followers) {
      const outcome = await untilAborted(flight.landed, options.signal);
      if (outcome === undefined) {
        open.push(position);
        continue;
      }
      outcomes[position] = outcome;
      this.#parts.stats.joined++;
    }
    return open;
  }
}

/** L13: which answer belongs to which input can't be told. */
function requireCount(answers: unknown, count: number): void {
  if (Array.isArray(answers) && answers.length === count) return;
  const got = Array.isArray(answers) ? String(answers.length) : kindOf(answers);
  throw new ResultError(
    `Expected ${count} results from the Runnable that is cached, one for each input and in their order, got ${got}. None is used.`,
  );
}

/**
 * Tells the engine that not every input of the request was sent, so that it does not take the tokens that were used for
 * those of all: nothing was used where nothing was sent; otherwise what was reserved stays.
 */
function reportPart(asked: number, sendings: readonly number[], { report }: CallOptions): void {
  if (sendings.length === 0) report?.({ usage: { inputTokens: 0, outputTokens: 0 } });
  else if (sendings.length > 1 || sendings[0] !== asked) report?.({ usage: {} });
}

/** The error, its `position` turned from one among what was sent to one among what was asked. */
function atPosition(error: unknown, sent: readonly number[]): unknown {
  const { position } = (error ?? {}) as { readonly position?: unknown };
  const asked = typeof position === "number" ? sent[position] : undefined;
  if (asked === undefined || asked === position) return error;
  // All else stays the error's own: its class, its fields, its marks.
  return Object.create(error as object, { position: { value: asked, enumerable: true } });
}

/** Settles like `promise`, or rejects with the signal's reason when that comes first. */
async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
