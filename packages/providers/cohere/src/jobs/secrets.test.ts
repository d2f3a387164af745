import { inspect } from "node:util";
import type { JobBackend } from "@batchwise/core";
import { expect, test } from "vitest";
import { CohereEmbeddings } from "../index.ts";

const KEY = "canarykey0123456789abcdef";
const INPUT = "canary input one";
const SECRETS = /canary|0123456789|abcdef|signature/i;
/** What a server may say that quotes everything it was sent. */
const QUOTE = `Bearer ${KEY} ${INPUT}`;
const dataset = (url: string): Response =>
  Response.json({ dataset: { id: "d", name: "n", validation_status: "validated", dataset_parts: [{ id: "p", url }] } });
const completed = {
  id: "b",
  name: "tag",
  status: "BATCH_STATUS_COMPLETED",
  output_dataset_id: "d",
  num_successful_records: 1,
};

test.for<[string, (url: string) => Response]>([
  ...[400, 401, 402, 403, 404, 409, 413, 429, 500].map((status): [string, () => Response] => [
    `a ${status} that quotes`,
    () => Response.json({ id: QUOTE, message: QUOTE }, { status, headers: { "x-debug-trace-id": QUOTE } }),
  ]),
  ["a page that quotes", () => new Response(QUOTE, { status: 502 })],
  ["a good status and no JSON", () => new Response(QUOTE)],
  [
    "a connection that fails and quotes",
    () => {
      throw Object.assign(new Error(QUOTE), { cause: new Error(QUOTE) });
    },
  ],
  [
    "a dataset that failed",
    () => Response.json({ id: "d", dataset: { validation_status: "failed", validation_error: QUOTE } }),
  ],
  [
    "a batch that failed",
    () => Response.json({ batch: { ...completed, status: "BATCH_STATUS_FAILED", status_reason: QUOTE } }),
  ],
  ...[403, 500].map((status): [string, (url: string) => Response] => [
    `a download that is a ${status}`,
    (url) => {
      if (url.includes("signature")) return new Response(QUOTE, { status });
      return url.includes("datasets")
        ? dataset(`https://store.test/part?signature=${KEY}`)
        : Response.json({ batch: completed });
    },
  ]),
  [
    "a download that is no Avro",
    (url) => {
      if (url.includes("signature")) return new Response(QUOTE);
      return url.includes("datasets")
        ? dataset(`https://store.test/part?signature=${KEY}`)
        : Response.json({ batch: completed });
    },
  ],
])("P35 %s: neither key, input nor signed address in any error", async ([, answer]) => {
  const embeddings = new CohereEmbeddings({
    apiKey: KEY,
    fetch: async (url) => answer(url as string),
    model: "m",
    inputType: "clustering",
  });
  const errors = await everyError(await embeddings.settings.jobs!());
  expect(errors.length).toBeGreaterThan(0);
  for (const error of errors) {
    expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(SECRETS);
    expect((error as Error).message).not.toMatch(SECRETS);
  }
});

/** Everything that goes wrong with any call. */
async function everyError(backend: JobBackend): Promise<unknown[]> {
  const errors: unknown[] = [];
  const note = (error: unknown): void => void errors.push(error);
  const rows = async (): Promise<void> => {
    for await (const { outcome } of backend.rows("b", () => [INPUT], {})) note(outcome);
  };
  await Promise.all([
    backend.create([backend.line([INPUT], "0")], "tag", {}).catch(note),
    backend.find("tag", {}).catch(note),
    backend.poll("b", {}).then(({ reason }) => reason && note(reason), note),
    backend.cancel("b", {}).catch(note),
    rows().catch(note),
  ]);
  return errors;
}
