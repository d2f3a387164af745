import { inspect } from "node:util";

import { BatchError, ProviderError } from "@batchwise/core";

import { copies, take } from "../expectations.ts";
import { connectionLost } from "../fault-schedules.ts";
import { broken, expectThat, type Law } from "../law.ts";
import { ownProbes, placeOfQuote } from "../quotes.ts";
import type { Script } from "../scripted-backend.ts";
import type { Subject } from "../subject.ts";
import { inTrial } from "../trial.ts";
import { engineMethods } from "../ways.ts";

/** L17: what was sent may be private; an error is written into logs. */
export const l17: Law = {
  number: "L17",
  title: "an error quotes no input",
  advice: "say its kind, its size and its place in the request; leave out the provider's words, which may quote.",
  observes: true,
  async check(subject) {
    if (ownProbes(take(subject, 6)).every((probes) => probes.length === 0)) {
      const got = "inputs without any (declare it in `skip.L17`)";
      throw broken("the inputs", "a text or number in each that no other has, to be looked for in errors", got);
    }
    for (const status of FINAL) await checkInvoke(subject, refusing(status), `invoke, status ${status}`, true);
    for (const status of PASSING) await checkInvoke(subject, refusing(status), `invoke, status ${status}`, false);
    await checkInvoke(subject, { failure: () => connectionLost() }, "invoke, a lost connection", false);
    await checkInvoke(subject, { reshape: () => [] }, "invoke, no answer in the response", false);
    await checkBatches(subject, refusing(400), "every input refused with status 400, one in a request");
    await checkBatches(subject, { reshape: () => [] }, "no answer in the responses, one input in a request");
  },
};

const FINAL = [400, 401, 404, 413, 422];
const PASSING = [429, 500];

/** Errors of the backend. A Runnable may pass one on as it is: its words are the backend's. In a `cause` it leaks. */
const said = new WeakSet();

/** Fails every call in a provider's way, which quotes what it was sent. */
function refusing(status: number): Script<any, any> {
  return {
    failure: ({ inputs }) => {
      const sent = inspect(inputs, { depth: Infinity, maxArrayLength: null, maxStringLength: null });
      const retryable = status === 429 || status >= 500;
      const error = new ProviderError(`The provider quotes what it was sent: ${sent}`, { status, retryable });
      said.add(error);
      return error;
    },
  };
}

/** Error that is the Runnable's own; undefined for an output and for an error of the backend. */
function ownError(slot: unknown): Error | undefined {
  if (BatchError.isInstance(slot)) return ownError(slot.cause);
  return slot instanceof Error && !said.has(slot) ? slot : undefined;
}

async function checkInvoke<Input, Output>(
  subject: Subject<Input, Output>,
  script: Script<Input, any>,
  where: string,
  isFinal: boolean,
): Promise<void> {
  const inputs = take(subject, 6);
  await inTrial(subject, script, async (trial) => {
    const errors: unknown[] = [];
    // For an `invoke` that goes through the engine: a batch of one.
    const once = { ...trial.options, retry: false };
    for (const input of copies(subject, inputs)) {
      const attempt = trial.attempt(trial.runnable.invoke(input, once), where);
      // One that is still being tried again is the business of L16.
      const end = isFinal ? await attempt : await attempt.catch(() => undefined);
      if (isFinal && end?.status === "fulfilled") throw broken(where, "a rejection", "an output");
      errors.push(end?.status === "rejected" ? end.reason : undefined);
    }
    expectNoQuote(inputs, errors, where);
  });
}

async function checkBatches<Input, Output>(
  subject: Subject<Input, Output>,
  script: Script<Input, any>,
  situation: string,
): Promise<void> {
  const inputs = take(subject, 6);
  const options = { returnExceptions: true, retry: false, request: { maxInputs: 1 } } as const;
  for (const way of engineMethods) {
    const where = `${way.name}, ${situation}`;
    await inTrial(subject, script, async (trial) => {
      const run = way.run(trial.runnable, copies(subject, inputs), { ...trial.options, ...options });
      const attempt = await trial.attempt(run, where);
      const slots = attempt.status === "fulfilled" ? attempt.value : [];
      expectNoQuote(inputs, slots, where);
    });
  }
}

function expectNoQuote(inputs: readonly unknown[], slots: readonly unknown[], where: string): void {
  const place = placeOfQuote(inputs, slots.map(ownError));
  expectThat(place === undefined, where, "no input in an error", `one in its \`${place}\``);
}
