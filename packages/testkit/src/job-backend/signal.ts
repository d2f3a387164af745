import { type Attempt, follow } from "../follow.ts";
import { broken, nameOf } from "../law.ts";
import type { JobLaw } from "./job-law.ts";
import { JobTrial, TAG } from "./job-trial.ts";

/** J16: an abort is not waited for. */
const aborts: JobLaw = {
  number: "J16",
  title: "an aborted call ends at once, with the signal's reason",
  advice: "hand `options.signal` on with each request.",
  async check(subject) {
    const idle = await JobTrial.open(subject, "well");
    for (const [name, call] of Object.entries(callsOf(idle))) {
      const reason = new Error("The caller had changed its mind before.");
      const where = `${name}, with a signal that was aborted before`;
      const [end] = await Promise.allSettled([call(AbortSignal.abort(reason))]);
      if (end.status === "fulfilled") throw broken(where, "the signal's reason", "a result");
      if (end.reason !== reason) throw broken(where, "the signal's reason", nameOf(end.reason), end.reason);
    }
    const stuck = await JobTrial.open(subject, "silent");
    for (const [name, call] of Object.entries(callsOf(stuck))) await checkOpen(name, call, subject.patienceMs);
  },
};

/** Law of every call. */
export const laws: readonly JobLaw[] = [aborts];

/** Every call of a backend, each with a signal. */
function callsOf({
  backend,
  lines,
  subject,
}: JobTrial<any, any>): Record<string, (signal: AbortSignal) => Promise<unknown>> {
  const id = subject.unknownId;
  return {
    create: (signal) => backend.create(lines, TAG, { signal }),
    find: (signal) => backend.find(TAG, { signal }),
    poll: (signal) => backend.poll(id, { signal }),
    rows: (signal) => {
      const rows = backend.rows(id, () => [], { signal });
      return rows[Symbol.asyncIterator]().next();
    },
    cancel: (signal) => backend.cancel(id, { signal }),
  };
}

async function checkOpen(
  name: string,
  call: (signal: AbortSignal) => Promise<unknown>,
  patienceMs: number,
): Promise<void> {
  const where = `${name}, aborted while the provider is silent`;
  const controller = new AbortController();
  const state = follow(call(controller.signal));
  const endWithin = async (ms: number): Promise<Attempt<unknown> | undefined> => {
    const start = performance.now();
    while (state.ended === undefined && performance.now() - start < ms) await pause(2);
    return state.ended;
  };
  if ((await endWithin(OPEN_MS)) !== undefined) throw broken(where, "a call that is open until the abort", "its end");
  const reason = new Error("The caller has changed its mind.");
  controller.abort(reason);
  const end = await endWithin(patienceMs);
  if (end === undefined) throw broken(where, "its end", `none in ${patienceMs} ms`);
  if (end.status === "fulfilled") throw broken(where, "the signal's reason", "a result");
  if (end.reason !== reason) throw broken(where, "the signal's reason", nameOf(end.reason), end.reason);
}

/** Time for which a call stays open before it is aborted, in real milliseconds. */
const OPEN_MS = 20;

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
