import { Buffer } from "node:buffer";

import { BodyWriter } from "../content/body-writer.ts";
import type { Job } from "../jobs/job.ts";
import type { JobLine } from "../jobs/job-line.ts";
import type { Call } from "../server/route.ts";

/** Ids of the files that a batch has written, each only when it has lines. */
export function batchFiles(
  { store, now }: Call,
  job: Job,
): { readonly outputFileId?: string; readonly errorFileId?: string } {
  const time = now();
  if (!job.hasFiles(time)) return {};
  const done = job.done(time);
  const answered = done.filter((line) => line.refusal === undefined);
  const refused = done.filter((line) => line.refusal !== undefined);
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
    ...(answered.length > 0 && { outputFileId: keep("output", () => writeAnswers(answered)) }),
    ...(refused.length + expired.length > 0 && { errorFileId: keep("error", () => writeErrors(refused, expired)) }),
  };
}

async function writeAnswers(lines: readonly JobLine[]): Promise<Buffer> {
  const writer = new BodyWriter(lines.length * 512 + 64);
  for (const line of lines) {
    const { id, custom_id: customId } = heading(line);
    writer.utf8(`{"id":${JSON.stringify(id)},"custom_id":${JSON.stringify(customId)},"response":{"status_code":200,`);
    writer.utf8(`"request_id":"req_${line.requestId}","body":`);
    writer.bytes(await line.answer());
    writer.ascii('},"error":null}\n');
  }
  return writer.finish();
}

async function writeErrors(refused: readonly JobLine[], expired: readonly JobLine[]): Promise<Buffer> {
  const rows = [
    ...refused.map((line) => ({
      ...heading(line),
      response: { status_code: line.refusal?.status, request_id: `req_${line.requestId}`, body: line.refusal?.body },
      error: null,
    })),
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

function heading(line: JobLine): { readonly id: string; readonly custom_id: string } {
  return { id: `batch_req_${line.requestId}`, custom_id: line.id };
}
