import type { Job, Phase } from "../jobs/job.ts";
import { shownCounts } from "../jobs/shown-counts.ts";
import type { Call } from "../server/route.ts";
import { batchOutput } from "./batch-output.ts";
import { refuse } from "./errors.ts";
import { toTime } from "./time.ts";

/** Batch that a path names. @throws Refusal when there is none */
export function findBatch({ parameters, store, id: callId }: Call): Job {
  const job = store.jobs.get(parameters["id"] as string);
  if (job?.plan.provider === "cohere") return job;
  throw refuse(404, "batch not found", callId);
}

/** Batch as the API describes it, in its present phase or in `phase`. */
export function describeBatch(call: Call, job: Job, phase: Phase = job.phase(call.now())): object {
  const { plan } = job;
  const { nulls, canceledSpelling = "CANCELED", omitEnd = false, counts: style } = call.settings.jobs;
  const isNew = phase === "validating";
  const done = isNew ? [] : job.done(call.now());
  const answered = done.filter((line) => line.refusal === undefined);
  const tokens = answered.reduce((sum, line) => sum + line.tokens, 0);
  const nothing = nulls === true ? null : undefined;
  const counts = shownCounts(plan.lines.length, done, style);
  return {
    id: plan.id,
    name: plan.tag,
    creator_id: nothing,
    org_id: nothing,
    status: `BATCH_STATUS_${phase === "cancelled" ? canceledSpelling : STATUSES[phase]}`,
    created_at: toTime(call.store, plan.createdAt),
    updated_at: omitEnd ? nothing : toTime(call.store, Math.max(plan.createdAt, Math.min(call.now(), job.endsAt))),
    input_dataset_id: call.store.inputs.get(plan.id)?.id ?? "",
    output_dataset_id: (isNew ? undefined : batchOutput(call, job)) ?? nothing,
    input_tokens: String(tokens),
    output_tokens: "0",
    model: plan.model,
    num_records: counts?.total,
    num_successful_records: counts?.completed,
    num_failed_records: counts?.failed,
    status_reason: reasonOf(job, phase) ?? nothing,
  };
}

/** Cohere has no word for a job that has expired. */
const STATUSES: Readonly<Record<Exclude<Phase, "cancelled">, string>> = {
  validating: "QUEUED",
  failed: "FAILED",
  in_progress: "IN_PROGRESS",
  finalizing: "IN_PROGRESS",
  completed: "COMPLETED",
  expired: "FAILED",
  cancelling: "CANCELING",
};

function reasonOf(job: Job, phase: Phase): string | undefined {
  if (phase === "expired") return "the batch has expired";
  return phase === "failed" ? job.plan.failure?.message : undefined;
}
