import { Buffer } from "node:buffer";
import { once } from "node:events";

import avsc from "avsc";

import { isObject, type JsonObject } from "../content/json.ts";
import type { Job } from "../jobs/job.ts";
import type { JobLine } from "../jobs/job-line.ts";
import type { Call } from "../server/route.ts";
import { rowSchema } from "./avro-schema.ts";

/** Id of the dataset that a batch has written, if any. */
export function batchOutput({ store, now }: Call, job: Job): string | undefined {
  const time = now();
  const lines = job.done(time);
  if (!job.hasFiles(time) || lines.length === 0) return undefined;
  const { id: jobId, tag } = job.plan;
  const id = `${tag}-output-${jobId.slice(-12)}`;
  const type = (store.inputs.get(jobId)?.type ?? "").replace("-input", "-output");
  const about = { id, name: `${tag}-output`, type, createdAt: job.endsAt, rows: written(lines).length };
  // A dataset that was deleted must not come back.
  if (!job.written.has(id)) {
    store.datasets.set(id, { ...about, requests: [], error: undefined, content: () => write(type, lines) });
  }
  job.written.add(id);
  return id;
}

/** Lines that have a row, each as often as it has one. A row of Avro has no line that could be cut. */
function written(lines: readonly JobLine[]): JobLine[] {
  return lines.flatMap((line) => {
    if (line.flaw === "missing" || line.flaw === "cut") return [];
    return line.flaw === "twice" ? [line, line] : [line];
  });
}

/** Avro container with a row for each line. Cohere does not document the row of a failed line. */
async function write(type: string, lines: readonly JobLine[]): Promise<Buffer> {
  const encoder = new avsc.streams.BlockEncoder(rowSchema(type), { codec: "deflate" });
  const chunks: Buffer[] = [];
  encoder.on("data", (chunk: Buffer) => chunks.push(chunk));
  const ended = once(encoder, "end");
  for (const line of written(lines)) encoder.write(await rowOf(line));
  encoder.end();
  await ended;
  return Buffer.concat(chunks);
}

async function rowOf(line: JobLine): Promise<object> {
  const { refusal, flaw } = line;
  if (refusal !== undefined) {
    const error = { status_code: refusal.status, message: String(refusal.body["message"]) };
    return { custom_id: line.id, body: null, error };
  }
  if (flaw === "zero") return { custom_id: line.id, body: null, error: { status_code: 0, message: "" } };
  if (flaw === "null") return { custom_id: line.id, body: null, error: null };
  return { custom_id: line.id, body: complete(JSON.parse((await line.answer()).toString())), error: null };
}

/** Adds the fields that Avro requires, and turns JSON's null back into NaN. */
function complete(body: JsonObject): JsonObject {
  const { embeddings } = body;
  if (!isObject(embeddings)) return { usage: null, ...body };
  const rows = (type: string): unknown => embeddings[type] ?? null;
  const float = (embeddings["float"] as readonly (readonly (number | null)[])[] | undefined) ?? null;
  return {
    texts: null,
    meta: null,
    ...body,
    embeddings: {
      float: float?.map((vector) => vector.map((element) => element ?? Number.NaN)) ?? null,
      base64: rows("base64"),
      int8: rows("int8"),
      uint8: rows("uint8"),
      binary: rows("binary"),
      ubinary: rows("ubinary"),
    },
  };
}
