import { Buffer } from "node:buffer";

import { isObject, parseObject } from "../content/json.ts";
import type { Dataset } from "../jobs/dataset.ts";
import type { LineRequest } from "../jobs/job-line.ts";
import { withoutCost, type Route } from "../server/route.ts";
import { cohere } from "./dialect.ts";
import { invalid } from "./errors.ts";
import { MAX_DATASET_BYTES } from "./limits.ts";
import { readWord } from "./request.ts";

/** Types of datasets that a batch can read. */
const TYPES = ["batch-embed-v2-input", "batch-chat-v2-input"] as const;

/** `POST /v1/datasets` */
export const createDataset: Route = {
  dialect: cohere,
  method: "POST",
  path: "/v1/datasets",
  body: "form",
  async plan(call) {
    const name = call.query.get("name");
    if (name === null || name === "") throw invalid("name is required", call.id);
    const type = readWord(call, call.query.get("type"), "type", TYPES);
    if (type === undefined) throw invalid("type is required", call.id);
    const file = (call.body as FormData).get("data");
    if (file === null || typeof file === "string") throw invalid("data is required", call.id);
    if (file.size > MAX_DATASET_BYTES) throw invalid("the dataset is larger than 1.5GB", call.id);
    const bytes = Buffer.from(await file.arrayBuffer());
    return withoutCost(() => {
      const dataset = datasetOf(`${name}-${call.id.slice(0, 12)}`, name, type, call.now(), bytes);
      call.store.datasets.set(dataset.id, dataset);
      return { body: JSON.stringify({ id: dataset.id }) };
    });
  },
};

function datasetOf(id: string, name: string, type: string, createdAt: number, bytes: Buffer): Dataset {
  const lines = bytes
    .toString()
    .split("\n")
    .filter((line) => line.trim() !== "");
  const requests: LineRequest[] = [];
  const error = readLines(lines, requests);
  return { id, name, type, createdAt, rows: lines.length, requests, error, content: async () => bytes };
}

/** Adds the lines to `requests`. Returns the first error. */
function readLines(lines: readonly string[], requests: LineRequest[]): string | undefined {
  if (lines.length === 0) return "the dataset has no rows";
  const ids = new Set<string>();
  for (const [index, line] of lines.entries()) {
    const { custom_id: id, body } = parseObject(line) ?? {};
    if (typeof id !== "string" || id === "" || !isObject(body)) {
      return `row ${index + 1}: expected a custom_id and a body`;
    }
    if (ids.has(id)) return `row ${index + 1}: custom_id is not unique`;
    ids.add(id);
    requests.push({ id, body });
  }
  return undefined;
}
