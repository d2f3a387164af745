import { weightOf } from "../../rate-limit/calibration.ts";
import type { RequestSize } from "../../request-size/request-size.ts";
import type { StageContext } from "../stage-context.ts";
import type { Chunk } from "./chunk.ts";

/** Tokens, or inputs where nothing is weighed, of a request before anything is known. */
const FIRST_TOKENS = 10_000;
const FIRST_INPUTS = 100;

/** Weight of a stage's next request at most, where the size of requests is learned. */
export class RequestTarget<Input, Output> {
  readonly #context: StageContext<Input, Output>;
  /** Inputs that have been sent, and their weight as it was expected then. */
  #inputs = 0;
  #weight = 0;

  constructor(context: StageContext<Input, Output>) {
    this.#context = context;
  }

  sent(chunk: Chunk<Input>): void {
    this.#inputs += chunk.size;
    this.#weight += weightOf(chunk, this.#context.options);
    this.#context.options.size?.sent();
  }

  /** @param held inputs that have been taken and not sent */
  next(held: number): number {
    const { options, source } = this.#context;
    const { limiter, limits, maxConcurrency, timeoutMs = Infinity, weigh } = options;
    const size = options.size as RequestSize;
    const { inputs, inputTokens, requests, tokens } = limiter?.perMinute ?? {};
    const weight = this.#inputs === 0 ? 0 : this.#weight / this.#inputs;
    const unsent = source.total === undefined ? Infinity : source.total - source.pulled + held;
    const inputsWeight = inputs === undefined ? undefined : inputs * weight;
    const tokensLeft = weigh === undefined ? 0 : unsent * weight;
    const left = { requests: 0, inputs: unsent, tokens: tokensLeft, inputTokens: tokensLeft };
    return size.next(
      {
        most: Math.min(weigh === undefined ? Infinity : limits.maxTokens, limits.maxInputs * (weight || Infinity)),
        unsent: unsent * weight,
        perMinute: weigh === undefined ? inputs : least(least(tokens, inputTokens), inputsWeight),
        requestsPerMinute: requests,
        leftMs: unsent === Infinity ? Infinity : (limiter?.shortestMs?.(left) ?? Infinity),
        timeoutMs,
        inFlight: maxConcurrency,
      },
      weigh === undefined ? FIRST_INPUTS : FIRST_TOKENS,
    );
  }
}

function least(left: number | undefined, right: number | undefined): number | undefined {
  return left === undefined ? right : Math.min(left, right ?? Infinity);
}
