import { isObject, type JsonObject } from "../content/json.ts";
import { beginJob, isAnswerLost } from "../jobs/begin-job.ts";
import { planLines } from "../jobs/plan-lines.ts";
import type { StoredFile } from "../jobs/job-store.ts";
import { type Call, withoutCost, type Route } from "../server/route.ts";
import { describeBatch } from "./batch-object.ts";
import { type BatchFile, readBatchFile } from "./batch-file.ts";
import { chatCompletions } from "./chat-completions.ts";
import { openai } from "./dialect.ts";
import { embeddings } from "./embeddings.ts";
import { invalid, missing, refuse } from "./errors.ts";
import { retryHeaders } from "./headers.ts";
import { moderations } from "./moderations.ts";
import { readBody } from "./request.ts";
import { responses } from "./responses.ts";

/** Live endpoints whose requests can be in a batch. */
const ENDPOINTS: ReadonlyMap<unknown, Route> = new Map(
  [embeddings, moderations, chatCompletions, responses].map((route) => [route.path, route]),
);

/** `POST /v1/batches` */
export const createBatch: Route = {
  dialect: openai,
  method: "POST",
  path: "/v1/batches",
  async plan(call) {
    const body = readBody(call);
    const route = readEndpoint(body);
    const metadata = readMetadata(body["metadata"]);
    const file = readFile(call, body);
    refuseTooMany(call);
    const input = readBatchFile(await file.content(), route.path);
    return withoutCost(async () => {
      const batch = { inputFileId: file.id, endpoint: route.path, metadata };
      const job = await begin(call, route, input, metadata);
      call.store.batches.set(job.plan.id, batch);
      return {
        body: JSON.stringify(describeBatch(call, job, "validating")),
        isLost: isAnswerLost(call),
      };
    });
  },
};

async function begin(
  call: Call,
  route: Route,
  { requests, model, failure }: BatchFile,
  metadata: Readonly<Record<string, string>>,
): Promise<ReturnType<typeof beginJob>> {
  const lines = failure === undefined ? await planLines(call, route, requests) : [];
  const id = `batch_${call.id}`;
  return beginJob(call, { id, provider: "openai", model, tag: metadata["tag"] ?? "", lines, failure });
}

function readEndpoint(body: JsonObject): Route {
  const { endpoint, completion_window: window } = body;
  if (endpoint === undefined || endpoint === null) throw missing("endpoint");
  const route = ENDPOINTS.get(endpoint);
  if (route === undefined) {
    throw invalid(
      `Invalid 'endpoint': expected one of ${[...ENDPOINTS.keys()].join(", ")}.`,
      "endpoint",
      "invalid_value",
    );
  }
  if (window === undefined || window === null) throw missing("completion_window");
  if (window !== "24h")
    throw invalid("Invalid 'completion_window': expected '24h'.", "completion_window", "invalid_value");
  return route;
}

function readMetadata(metadata: unknown): Readonly<Record<string, string>> {
  if (metadata === undefined || metadata === null) return {};
  const isFine =
    isObject(metadata) &&
    Object.keys(metadata).length <= 16 &&
    Object.entries(metadata).every(
      ([name, value]) => name.length <= 64 && typeof value === "string" && value.length <= 512,
    );
  if (isFine) return metadata as Readonly<Record<string, string>>;
  throw invalid(
    "Invalid 'metadata': expected at most 16 names of 64 characters with texts of 512.",
    "metadata",
    "invalid_value",
  );
}

function readFile({ store, settings }: Call, body: JsonObject): StoredFile {
  const id = body["input_file_id"];
  if (id === undefined || id === null) throw missing("input_file_id");
  const file = typeof id === "string" ? store.files.get(id) : undefined;
  const isMissed = settings.jobs.fileNotFoundOnce === true && file !== undefined && !store.missed.has(file.id);
  if (file === undefined || isMissed) {
    if (file !== undefined) store.missed.add(file.id);
    throw invalid("Cannot find file, or it does not belong to this organization.", "input_file_id");
  }
  if (file.purpose === "batch") return file;
  throw invalid("Invalid 'input_file_id': expected a file of purpose 'batch'.", "input_file_id", "invalid_value");
}

function refuseTooMany({ store, settings, now }: Call): void {
  const { creationsPerHour } = settings.jobs;
  const waitMs = creationsPerHour === undefined ? 0 : store.creationWaitMs(creationsPerHour, now());
  if (waitMs === 0) return;
  throw refuse(
    429,
    {
      message: `Rate limit reached for batch creations: Limit ${creationsPerHour} / hour.`,
      type: "requests",
      code: "rate_limit_exceeded",
    },
    retryHeaders(waitMs, settings.faults.retryAfter),
  );
}
