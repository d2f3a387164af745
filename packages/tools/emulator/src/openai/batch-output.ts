import { Buffer } from "node:buffer";

import { BodyWriter } from "../content/body-writer.ts";
import type { Job } from "../jobs/job.ts";
import type { JobLine } from "../jobs/job-line.ts";
import type { Jobs } from "../jobs/options.ts";
import type { Call } from "../server/route.ts";

/** Ids of the files that a batch has written, each only when it has lines. */
export function batchFiles(
  { store, now, settings }: Call,
  job: Job,
): { readonly outputFileId?: string; readonly errorFileId?: string } {
  const time = now();
  if (!job.hasFiles(time)) return {};
  const done = job.done(time);
  const refused = done.filter((line) => line.refusal !== undefined || line.flaw === "zero");
  const answered = done.filter((line) => !refused.includes(line));
  const expired = job.expired(time);
  const keep = (kind: "output" | "error", content: () => Promise<Buffer>): string => {
    const id = `file-${job.plan.id}-${kind}`;
    const name = `${job.plan.id}_${kind}.jsonl`;
    // A file that was deleted must not come back.
    if (!job.written.has(id))
      store.files.set(id, { id, name, purpose: "batch_output", createdAt: job.endsAt, content });
    job.written.add(id);
    return id;
  };
  return {
    ...(answered.length > 0 && {
      outputFileId: keep("output", async () => inForm(await writeAnswers(answered), settings.jobs.file)),
    }),
    ...(refused.length + expired.length > 0 && { errorFileId: keep("error", () => writeErrors(refused, expired)) }),
  };
}

async function writeAnswers(lines: readonly JobLine[]): Promise<Buffer> {
  const writer = new BodyWriter(lines.length * 512 + 64);
  for (const line of lines) {
    const times = line.flaw === "missing" ? 0 : line.flaw === "twice" ? 2 : 1;
    for (let time = 0; time < times; time++) await writeAnswer(writer, line);
  }
  return writer.finish();
}

async function writeAnswer(writer: BodyWriter, line: JobLine): Promise<void> {
  const { id, custom_id: customId } = heading(line);
  const head = `{"id":${JSON.stringify(id)},"custom_id":${JSON.stringify(customId)},"response":{"status_code":200,`;
  writer.utf8(`${head}"request_id":"req_${line.requestId}","body":`);
  const body = line.flaw === "null" ? NULL : await line.answer();
  writer.bytes(line.flaw === "cut" ? body.subarray(0, body.length / 2) : body);
  writer.ascii(line.flaw === "cut" ? "\n" : '},"error":null}\n');
}

const NULL = Buffer.from("null");

/** A file of lines in another form. */
function inForm(bytes: Buffer, form: Jobs["file"]): Buffer {
  const text = (): string => bytes.toString().trimEnd();
  switch (form) {
    case "cut":
      return bytes.subarray(0, -20);
    case "crlf":
      return Buffer.from(text().replaceAll("\n", "\r\n"));
    case "list":
      return Buffer.from(`[${text().replaceAll("\n", ",")}]`);
    case "utf16":
      return Buffer.from(`\uFEFF${text()}\n`, "utf16le");
    default:
      return bytes;
  }
}

async function writeErrors(refused: readonly JobLine[], expired: readonly JobLine[]): Promise<Buffer> {
  const rows = [
    ...refused.map((line) => ({ ...heading(line), response: refusalOf(line), error: null })),
    ...expired.map((line) => ({
      ...heading(line),
      response: null,
      error: {
        code: "batch_expired",
        message: "This request could not be executed before the completion window expired.",
      },
    })),
  ];
  return Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
}

function refusalOf({ refusal, requestId }: JobLine): object {
  if (refusal === undefined) return { status_code: 0, request_id: "", body: {} };
  return { status_code: refusal.status, request_id: `req_${requestId}`, body: refusal.body };
}

function heading(line: JobLine): { readonly id: string; readonly custom_id: string } {
  return { id: `batch_req_${line.requestId}`, custom_id: line.id };
}
