import type { Buffer } from "node:buffer";

import { isObject, parseObject } from "../content/json.ts";
import type { JobFailure } from "../jobs/job.ts";
import type { LineRequest } from "../jobs/job-line.ts";
import { MAX_EMBEDDING_INPUTS, MAX_LINES } from "./limits.ts";

/** Requests of a batch's file. */
export interface BatchFile {
  readonly requests: readonly LineRequest[];
  readonly model: string;
  /** Reason why the file cannot be processed. */
  readonly failure: JobFailure | undefined;
}

/** Reads the file of a batch. A wrong line fails the batch, not its creation. */
export function readBatchFile(bytes: Buffer, endpoint: string): BatchFile {
  const texts = bytes.toString().split("\n");
  const reader = new Reader(endpoint);
  for (const [index, text] of texts.entries()) {
    if (text.trim() === "") continue;
    const failure = reader.read(text);
    if (failure !== undefined) return { requests: [], model: reader.model, failure: { ...failure, line: index + 1 } };
  }
  return { requests: reader.requests, model: reader.model, failure: reader.wholeFailure() };
}

class Reader {
  readonly requests: LineRequest[] = [];
  model = "";
  readonly #endpoint: string;
  readonly #ids = new Set<string>();
  #inputs = 0;

  constructor(endpoint: string) {
    this.#endpoint = endpoint;
  }

  read(text: string): JobFailure | undefined {
    const line = parseObject(text);
    if (line === undefined) return { code: "invalid_json_line", message: "This line is not parseable as valid JSON." };
    const { custom_id: id, method, url, body } = line;
    if (typeof id !== "string" || id === "") return lacks("custom_id");
    if (!isObject(body)) return lacks("body");
    if (method !== "POST") return { code: "invalid_method", message: "Expected the method POST." };
    if (url !== this.#endpoint) return { code: "mismatched_endpoint", message: `Expected the url ${this.#endpoint}.` };
    if (this.#ids.has(id)) return { code: "duplicate_custom_id", message: "This custom_id is another line's." };
    const model = typeof body["model"] === "string" ? body["model"] : "";
    if (this.requests.length === 0) this.model = model;
    if (model !== this.model) return { code: "mismatched_model", message: "Expected one model in all lines." };
    this.#ids.add(id);
    this.#inputs += Array.isArray(body["input"]) ? body["input"].length : 1;
    this.requests.push({ id, body });
    return undefined;
  }

  wholeFailure(): JobFailure | undefined {
    if (this.requests.length === 0) return { code: "empty_file", message: "The file has no lines." };
    if (this.requests.length > MAX_LINES)
      return { code: "too_many_tasks", message: `Expected at most ${MAX_LINES} lines.` };
    if (this.#endpoint === "/v1/embeddings" && this.#inputs > MAX_EMBEDDING_INPUTS) {
      return { code: "too_many_tasks", message: `Expected at most ${MAX_EMBEDDING_INPUTS} inputs in all lines.` };
    }
    return undefined;
  }
}

function lacks(name: string): JobFailure {
  return { code: "missing_required_parameter", message: `Missing required parameter: '${name}'.` };
}
