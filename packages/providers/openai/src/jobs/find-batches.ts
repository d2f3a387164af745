import type { JobCallOptions } from "@batchwise/core";
import type { Connection } from "../client.ts";
import { type Batch, countIn, textIn } from "./batch.ts";
import { FILES_KEPT_S, PAGE } from "./limits.ts";
import { requestObject } from "./request.ts";

interface Page {
  readonly data?: readonly Batch[] | null;
  readonly has_more?: unknown;
}

/** The batches whose tag begins with a prefix, of those that are young enough to have their files. Newest first. */
export async function findBatches(
  connection: Connection,
  tagPrefix: string,
  options: JobCallOptions,
): Promise<{ readonly id: string; readonly tag: string }[]> {
  const found: { readonly id: string; readonly tag: string }[] = [];
  let after: string | undefined;
  for (;;) {
    const query = { limit: PAGE, ...(after === undefined ? {} : { after }) };
    const { answer, headers } = await requestObject(connection, { method: "get", path: "/batches", query }, options);
    const page: Page = answer;
    const batches = page.data ?? [];
    for (const { id, metadata } of batches) {
      const tag = metadata?.["tag"];
      if (typeof id === "string" && typeof tag === "string" && tag.startsWith(tagPrefix)) found.push({ id, tag });
    }
    const last = batches.at(-1);
    const next = textIn(last?.id);
    // A server that does not know `after` would send its first page for ever.
    if (page.has_more !== true || next === undefined || next === after || isOld(last, headers)) return found;
    after = next;
  }
}

function isOld(batch: Batch | undefined, headers: Headers): boolean {
  const createdAt = countIn(batch?.created_at);
  const now = Date.parse(headers.get("date") ?? "") / 1000;
  return createdAt !== undefined && now - createdAt > FILES_KEPT_S;
}
