import { isObject } from "../content/json.ts";
import type { Dataset } from "../jobs/dataset.ts";
import { beginJob, isAnswerLost } from "../jobs/begin-job.ts";
import type { Job } from "../jobs/job.ts";
import { planLines } from "../jobs/plan-lines.ts";
import { type Call, withoutCost, type Route } from "../server/route.ts";
import { describeBatch } from "./batch-object.ts";
import { chat } from "./chat.ts";
import { validationStatus } from "./datasets.ts";
import { cohere } from "./dialect.ts";
import { embed } from "./embed.ts";
import { invalid, refuse, requestId } from "./errors.ts";
import { readBody, readModel } from "./request.ts";

/** Live endpoint for each type of dataset. */
const ENDPOINTS: ReadonlyMap<string, Route> = new Map([
  ["batch-embed-v2-input", embed],
  ["batch-chat-v2-input", chat],
]);

/** `POST /v2/batches` */
export const createCohereBatch: Route = {
  dialect: cohere,
  method: "POST",
  path: "/v2/batches",
  plan(call) {
    const body = readBody(call);
    const { name, input_dataset_id: id } = body;
    if (typeof name !== "string" || name === "") throw invalid("name is required", call.id);
    const model = readModel(call, body);
    const dataset = typeof id === "string" ? call.store.datasets.get(id) : undefined;
    if (dataset === undefined) throw refuse(404, "dataset not found", call.id);
    const route = ENDPOINTS.get(dataset.type);
    if (route === undefined) throw invalid(`a dataset of type ${dataset.type} is not an input of a batch`, call.id);
    if (validationStatus(call, dataset) !== "validated") throw invalid("the dataset is not validated", call.id);
    refuseTooMany(call);
    return withoutCost(async () => {
      const job = await begin(call, route, dataset, name, model);
      call.store.inputs.set(job.plan.id, dataset);
      const batch = describeBatch(call, job, "validating");
      return { body: JSON.stringify({ batch }), isLost: isAnswerLost(call) };
    });
  },
};

async function begin(call: Call, route: Route, { requests }: Dataset, name: string, model: string): Promise<Job> {
  const named = requests.map(({ id, body }) => ({ id, body: isObject(body) ? { ...body, model } : body }));
  const lines = await planLines(call, route, named);
  return beginJob(call, { id: requestId(call.id), provider: "cohere", model, tag: name, lines });
}

function refuseTooMany({ store, settings, now, id }: Call): void {
  const { creationsPerHour } = settings.jobs;
  if (creationsPerHour === undefined || store.creationWaitMs(creationsPerHour, now()) === 0) return;
  throw refuse(429, `You have reached the rate limit of batches: ${creationsPerHour} / hour.`, id);
}
