import type { Usage } from "../contract/report.ts";
import type { Weight } from "../contract/runnable.ts";
import type { Amounts } from "./reservation-stats.ts";

/** Mean deviations that a chunk may weigh more than is expected of it. */
const CAUTION = 3;
/** Share by which the first answer may mislead. */
const FIRST_DEVIATION = 0.04;
/** Tokens believed before it: that the bound is what is counted. A single word must not outweigh it. */
const PRIOR = 200;
/** Share of what was learned that an answer of the usual size replaces. */
const FORGETTING = 0.2;

/** Weight of what was sent: tokens in all and, among them, those of answers. */
interface Weighed {
  readonly tokens: number;
  readonly outputTokens: number;
}

/**
 * Tokens that the provider counts for each one that `weigh` says, learned from the usage that answers report. With it
 * a cheap upper bound (UTF-8 bytes) packs as well as counting would.
 */
export class Calibration {
  /** Never above 1: weights are upper bounds. A little more than is expected, by as much as answers have differed. */
  factor = 1;
  /** The same for the answers; undefined where none are weighed. */
  answers: Calibration | undefined;
  #weighed = PRIOR;
  #used = PRIOR;
  #deviation = 0;
  #isFirst = true;

  /** Learns from the usage of an answer to what weighed so much. */
  learn({ tokens, outputTokens }: Weighed, usage: Usage): void {
    const counted = countedTokens(usage) ?? 0;
    if (outputTokens === 0) return this.observe(tokens, counted);
    const answer = usage.outputTokens ?? (counted * outputTokens) / tokens;
    this.answers ??= new Calibration();
    this.answers.observe(outputTokens, answer);
    this.observe(tokens - outputTokens, counted - answer);
  }

  /** Learns that the provider counted so much for what weighed so much. */
  observe(weighed: number, used: number): void {
    if (!(weighed > 0) || !(used > 0) || !Number.isFinite(used)) return;
    const expected = (weighed * this.#used) / this.#weighed;
    const deviation = this.#isFirst ? used * FIRST_DEVIATION : Math.abs(used - expected);
    this.#isFirst = false;
    // A small answer says little: it replaces little.
    const kept = 1 - Math.min(FORGETTING, weighed / this.#weighed);
    this.#weighed = kept * this.#weighed + weighed;
    this.#used = kept * this.#used + used;
    this.#deviation = kept * this.#deviation + deviation;
    this.factor = Math.min(1, (this.#used + CAUTION * this.#deviation) / this.#weighed);
  }
}

/** Demand of one request of so many inputs on the limits, its tokens as the provider is expected to count them. */
export function demandOf(
  { size, tokens, outputTokens }: Weighed & { readonly size: number },
  calibration: Calibration | undefined,
): Amounts {
  const output = outputTokens * (calibration?.answers?.factor ?? 1);
  const input = (tokens - outputTokens) * (calibration?.factor ?? 1);
  return { requests: 1, inputs: size, tokens: input + output, inputTokens: input, outputTokens: output };
}

/** Weight of a request by which request sizes are learned: its tokens as they are expected to count or, unweighed, its inputs. */
export function weightOf(
  chunk: Weighed & { readonly size: number },
  { calibration, weigh }: { readonly calibration: Calibration | undefined; readonly weigh: unknown },
): number {
  return weigh === undefined ? chunk.size : demandOf(chunk, calibration).tokens;
}

const learned = new WeakMap<(input: never) => Weight, Calibration>();

/** Calibration of a `weigh`, learned in every batch so far. */
export function calibrationOf(weigh: (input: never) => Weight): Calibration {
  const known = learned.get(weigh);
  if (known !== undefined) return known;
  const made = new Calibration();
  learned.set(weigh, made);
  return made;
}

/** Tokens that limits count; undefined where the usage does not say. */
export function countedTokens({
  inputTokens,
  outputTokens,
  totalTokens,
  uncountedInputTokens = 0,
}: Usage): number | undefined {
  const total = totalTokens ?? (inputTokens === undefined ? undefined : inputTokens + (outputTokens ?? 0));
  return total === undefined ? undefined : total - uncountedInputTokens;
}
