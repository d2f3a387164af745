import type { Dataset } from "../jobs/dataset.ts";
import { type Call, withoutCost, type Route } from "../server/route.ts";
import { cohere } from "./dialect.ts";
import { refuse } from "./errors.ts";
import { toTime } from "./time.ts";

/** `GET /v1/datasets/:id` */
export const retrieveDataset: Route = {
  dialect: cohere,
  method: "GET",
  path: "/v1/datasets/:id",
  plan(call) {
    const dataset = findDataset(call);
    return withoutCost(async () => ({ body: JSON.stringify({ dataset: await describe(call, dataset) }) }));
  },
};

/** `DELETE /v1/datasets/:id` */
export const deleteDataset: Route = {
  dialect: cohere,
  method: "DELETE",
  path: "/v1/datasets/:id",
  plan(call) {
    const { id } = findDataset(call);
    return withoutCost(() => {
      call.store.datasets.delete(id);
      return { body: "{}" };
    });
  },
};

/** Dataset that a path names. @throws Refusal when there is none */
export function findDataset({ parameters, store, id: callId }: Call): Dataset {
  const dataset = store.datasets.get(parameters["id"] as string);
  if (dataset === undefined) throw refuse(404, "dataset not found", callId);
  return dataset;
}

/** Status of a dataset's validation. */
export function validationStatus({ settings, now }: Call, dataset: Dataset): "processing" | "failed" | "validated" {
  if (now() < dataset.createdAt + (settings.jobs.validationMs ?? 0)) return "processing";
  return dataset.error === undefined ? "validated" : "failed";
}

async function describe(call: Call, dataset: Dataset): Promise<object> {
  const { id, name, type, createdAt, rows, error, content } = dataset;
  const status = validationStatus(call, dataset);
  const url = `${call.origin}/v1/datasets/${encodeURIComponent(id)}/parts/0?signature=${call.id}`;
  const part = {
    id: `${id}-0`,
    name: `${name}-0`,
    url,
    index: 0,
    size_bytes: (await content()).length,
    num_rows: rows,
  };
  return {
    id,
    name,
    created_at: toTime(call.store, createdAt),
    updated_at: toTime(call.store, createdAt),
    dataset_type: type,
    validation_status: status,
    ...(status === "failed" ? { validation_error: error } : {}),
    ...(status === "validated" ? { dataset_parts: [part] } : {}),
  };
}
