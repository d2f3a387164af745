import type { Job, Phase } from "../jobs/job.ts";
import { shownCounts } from "../jobs/shown-counts.ts";
import type { Call } from "../server/route.ts";
import { batchFiles } from "./batch-output.ts";
import { invalid } from "./errors.ts";
import { apiObject, toSeconds } from "./api-object.ts";

const DAY_MS = 86_400_000;

/** Batch that a path names. @throws Refusal when there is none */
export function findBatch({ parameters, store }: Call): Job {
  const id = parameters["id"] as string;
  const job = store.jobs.get(id);
  if (job?.plan.provider === "openai") return job;
  throw invalid(`No batch found with id '${id}'.`, null, null, 404);
}

/** Batch as the API describes it, in its present phase or in `phase`. */
export function describeBatch(call: Call, job: Job, phase: Phase = job.phase(call.now())): object {
  const { plan } = job;
  const now = call.now();
  const batch = call.store.batches.get(plan.id);
  const isNew = phase === "validating";
  const done = isNew ? [] : job.done(now);
  const { outputFileId, errorFileId } = isNew ? {} : batchFiles(call, job);
  const failure = phase === "failed" ? plan.failure : undefined;
  const { nulls, counts, omitEnd = false } = call.settings.jobs;
  const reached = (name: Phase): number | undefined =>
    phase === name && !omitEnd ? toSeconds(call.store, job.endsAt) : undefined;
  return apiObject(
    {
      id: plan.id,
      object: "batch",
      endpoint: batch?.endpoint,
      model: plan.model,
      errors: failure && { object: "list", data: [{ ...failure, param: null, line: failure.line ?? null }] },
      input_file_id: batch?.inputFileId,
      completion_window: "24h",
      status: phase,
      output_file_id: outputFileId,
      error_file_id: errorFileId,
      created_at: toSeconds(call.store, plan.createdAt),
      expires_at: toSeconds(call.store, plan.createdAt + DAY_MS),
      completed_at: reached("completed"),
      failed_at: reached("failed"),
      expired_at: reached("expired"),
      cancelled_at: reached("cancelled"),
      request_counts: shownCounts(isNew ? 0 : plan.lines.length, done, counts),
      metadata: batch?.metadata,
    },
    nulls,
  );
}
