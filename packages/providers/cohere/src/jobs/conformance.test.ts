import { once } from "node:events";
import { type Behavior, startEmulator } from "@batchwise/emulator";
import { FakeClock, jobBackendConformance, type JobSituation } from "@batchwise/testkit";
import avsc from "avsc";
import { afterAll } from "vitest";
import { CohereEmbeddings } from "../index.ts";

const clock = new FakeClock();
const emulator = await startEmulator({ tokens: "fast", clock });
afterAll(() => emulator.close());

const key = "key-of-the-laws-of-job-backends";
const options = {
  apiKey: key,
  baseURL: emulator.cohereBaseURL,
  model: "embed-v4.0",
  inputType: "search_document",
  outputDimension: 256,
} as const;
const inputs = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta"];
const live = await new CohereEmbeddings(options).batch(inputs);

await jobBackendConformance<string, Float32Array>({
  name: "Cohere's batches",
  inputs,
  expected: (text) => live[inputs.indexOf(text)]!,
  key,
  create: (situation) => {
    emulator.reset({ seed: 1, jobs: {}, faults: {}, ...behaviourIn(situation) });
    return new CohereEmbeddings({ ...options, fetch: fetchIn(situation) }).settings.jobs!();
  },
});

function behaviourIn({ name, badInput }: JobSituation<string>): Behavior {
  if (name === "bad line") return { faults: { badInput: { marker: badInput } } };
  if (name === "no good line") return { jobs: { onlyErrorFile: true } };
  if (name === "expired") return { jobs: { expireRate: 1 } };
  if (name === "under way") return { jobs: { durationMs: 60_000 } };
  return name === "rows late" ? { jobs: { missingFileMs: 60_000 } } : {};
}

/** A network that is silent, lets time pass, or changes the parts that are read. */
function fetchIn(situation: JobSituation<string>): typeof fetch {
  const { name } = situation;
  return async (url, init) => {
    if (name === "silent") return silence(init?.signal);
    const response = await fetch(url, init);
    const { pathname } = new URL(new Request(url).url);
    if (name === "under way" && pathname.endsWith("/batches")) await clock.advance(30_000);
    return pathname.includes("/parts/") ? changedIn(situation, Buffer.from(await response.arrayBuffer())) : response;
  };
}

interface Row {
  readonly custom_id: string;
  readonly body: unknown;
  readonly error: { readonly status_code: number; readonly message: string } | null;
}

/** Avro cannot be cut within a row: one that cannot be read has neither an answer nor an error. */
async function changedIn({ name, badInput, badLine }: JobSituation<string>, part: Buffer): Promise<Response> {
  const decoder = new avsc.streams.BlockDecoder();
  const rows: Row[] = [];
  decoder.on("data", (row: Row) => rows.push(row));
  const described = once(decoder, "metadata");
  decoder.end(part);
  const [type] = (await described) as [avsc.Type];
  await once(decoder, "end");
  const encoder = new avsc.streams.BlockEncoder(type);
  const chunks: Buffer[] = [];
  encoder.on("data", (chunk: Buffer) => chunks.push(chunk));
  if (name === "foreign row") encoder.write({ ...rows[0], custom_id: "another" });
  for (const row of rows) {
    const message = `cannot take ${badInput} (${key})`;
    if (name === "bad line" && row.error !== null) encoder.write({ ...row, error: { ...row.error, message } });
    else if (name === "unreadable row" && row.custom_id === badLine) encoder.write({ ...row, body: null });
    else encoder.write(row);
  }
  encoder.end();
  await once(encoder, "end");
  return new Response(Buffer.concat(chunks));
}

function silence(signal: AbortSignal | null | undefined): Promise<Response> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason as Error));
  });
}
