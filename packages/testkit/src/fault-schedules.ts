import { ProviderError } from "@batchwise/core";

import type { IndexedAnswer, Script } from "./scripted-backend.ts";

/** Way in which a response can be wrong. */
export interface WrongResponse {
  readonly name: string;
  /** Marks one that shows only in answers that have their index: without one, their order cannot be told. */
  readonly indexed: boolean;
  readonly reshape: (answers: readonly IndexedAnswer<any>[]) => readonly IndexedAnswer<any>[];
}

/** Responses of the wrong count, order or indexes. Each is a script for a ScriptedBackend. */
export const wrongResponses: readonly WrongResponse[] = [
  { name: "one answer short", indexed: false, reshape: (answers) => answers.slice(1) },
  { name: "no answer at all", indexed: false, reshape: () => [] },
  {
    name: "one answer too many",
    indexed: false,
    reshape: (answers) => [{ index: answers.length, answer: answers.at(-1)?.answer }, ...answers],
  },
  { name: "shuffled answers", indexed: true, reshape: (answers) => answers.toReversed() },
  {
    name: "one index twice",
    indexed: true,
    reshape: (answers) => answers.map((each) => (each.index === 1 ? { ...each, index: 0 } : each)),
  },
  {
    name: "an index that is out of range",
    indexed: true,
    reshape: (answers) => answers.map((each) => (each.index === 0 ? { ...each, index: answers.length } : each)),
  },
];

/** Script whose calls take the less time the later they start, so that they end in reverse order. */
export const endsInReverse: Script<any, any> = {
  latencyMs: (call) => Math.max(1, 1000 - 10 * call.number),
};

/** Fails every call that holds a bad input, as a provider refuses a whole request for one of them (status 400). */
export function refuses<Input>(isBad: (input: Input) => boolean): Script<Input, any> {
  return { failure: (call) => (call.inputs.some((input) => isBad(input)) ? refusal() : undefined) };
}

/** Fails the first `calls` calls in a way that may pass: status 503, or 429 with the wait that the provider asks for. */
export function failsFirst(calls: number, retryAfterMs?: number): Script<any, any> {
  return {
    failure: ({ number }) => {
      if (number >= calls) return undefined;
      return retryAfterMs === undefined ? outage() : rateLimited(retryAfterMs);
    },
  };
}

/** Refusal of an input that can never succeed. */
export function refusal(): ProviderError {
  return new ProviderError("Expected inputs without a fault, got one that the schedule refuses.", {
    status: 400,
    retryable: false,
  });
}

/** Outage that a later call may not see. */
export function outage(): ProviderError {
  return new ProviderError("Expected a backend that is available, got a fault of the schedule.", {
    status: 503,
    retryable: true,
  });
}

/** Connection that was lost before there was a response. */
export function connectionLost(): Error {
  return Object.assign(new Error("Expected an answer, got a connection that the schedule cuts."), {
    code: "ECONNRESET",
  });
}

/** Refusal by a rate limit that asks to wait. */
export function rateLimited(retryAfterMs: number): ProviderError {
  const message = "The backend was told that its rate limit is reached.";
  return new ProviderError(message, { status: 429, code: "rate_limited", retryable: true, retryAfterMs });
}
