import type { Call } from "../server/route.ts";
import { Job, type JobFailure, type JobPlan } from "./job.ts";
import type { JobLine } from "./job-line.ts";

/** Job to create, as a provider's endpoint reads it. */
export interface NewJob extends Pick<JobPlan, "id" | "provider" | "model" | "tag"> {
  readonly lines: readonly JobLine[];
  readonly failure?: JobFailure | undefined;
}

/** Creates a job as the options say. */
export function beginJob(call: Call, { lines, failure, ...job }: NewJob): Job {
  const { dice, settings, store } = call;
  const { durationMs = 0, expireRate = 0, expireAfter = 0.5, cancelMs = 0, missingFileMs = 0 } = settings.jobs;
  const [least, most] = typeof durationMs === "number" ? [durationMs, durationMs] : durationMs;
  const expires = dice.roll("expire") < expireRate;
  const begun = new Job({
    ...job,
    lines: shuffled(call, lines),
    createdAt: call.now(),
    durationMs: least + dice.roll("duration") * (most - least),
    expiresAfter: expires ? Math.floor(lines.length * expireAfter) : undefined,
    failure: failure ?? overEnqueued(call, job, lines),
    cancelMs,
    missingFileMs,
  });
  store.add(begun);
  return begun;
}

/** Tells whether the answer to a job's creation is lost. */
export function isAnswerLost({ dice, settings }: Call): boolean {
  return dice.roll("lostCreate") < (settings.jobs.lostCreateRate ?? 0);
}

function overEnqueued(
  { settings, store, now }: Call,
  { provider, model }: Pick<JobPlan, "provider" | "model">,
  lines: readonly JobLine[],
): JobFailure | undefined {
  const most = settings.jobs.enqueuedTokens ?? Infinity;
  const tokens = lines.reduce((sum, line) => sum + line.tokens, 0);
  const waiting = store.enqueuedTokens(provider, model, now());
  if (waiting + tokens <= most) return undefined;
  const message = `Enqueued token limit reached for ${model}: Limit ${most}, Enqueued ${waiting}, Requested ${tokens}.`;
  return { code: "token_limit_exceeded", message };
}

/** Shuffles the lines: a provider processes them in any order. */
function shuffled({ dice }: Call, lines: readonly JobLine[]): JobLine[] {
  const order = [...lines];
  for (let last = order.length - 1; last > 0; last--) {
    const other = dice.pick(`order ${last}`, last + 1);
    [order[last], order[other]] = [order[other] as JobLine, order[last] as JobLine];
  }
  return order;
}
