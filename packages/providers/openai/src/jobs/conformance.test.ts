import { type Behavior, startEmulator } from "@batchwise/emulator";
import { FakeClock, jobBackendConformance, type JobSituation } from "@batchwise/testkit";
import { afterAll } from "vitest";
import { OpenAIEmbeddings } from "../index.ts";

const clock = new FakeClock();
const emulator = await startEmulator({ tokens: "fast", clock });
afterAll(() => emulator.close());

const key = "sk-laws-of-job-backends";
const options = { apiKey: key, baseURL: emulator.openaiBaseURL, dimensions: 4 };
const inputs = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta"];
const live = await new OpenAIEmbeddings(options).batch(inputs);

await jobBackendConformance<string, Float32Array>({
  name: "OpenAI's Batch API",
  inputs,
  expected: (text) => live[inputs.indexOf(text)]!,
  key,
  create: (situation) => {
    emulator.reset({ seed: 1, jobs: {}, faults: {}, ...behaviourIn(situation) });
    return new OpenAIEmbeddings({ ...options, fetch: fetchIn(situation) }).settings.jobs!();
  },
});

function behaviourIn({ name, badInput }: JobSituation<string>): Behavior {
  if (name === "bad line") return { faults: { badInput: { marker: badInput } } };
  if (name === "no good line") return { jobs: { onlyErrorFile: true } };
  if (name === "expired") return { jobs: { expireRate: 1 } };
  if (name === "under way") return { jobs: { durationMs: 60_000 } };
  return name === "rows late" ? { jobs: { missingFileMs: 60_000 } } : {};
}

/** A network that is silent, lets time pass, or changes the files that are read. */
function fetchIn(situation: JobSituation<string>): typeof fetch {
  const { name } = situation;
  return async (url, init) => {
    if (name === "silent") return silence(init?.signal);
    const response = await fetch(url, init);
    const { pathname } = new URL(new Request(url).url);
    if (name === "under way" && pathname.endsWith("/batches")) await clock.advance(30_000);
    if (!pathname.endsWith("/content")) return response;
    return new Response(changedIn(situation, await response.text()));
  };
}

function changedIn({ name, badInput, badLine }: JobSituation<string>, file: string): string {
  const [first = ""] = file.split("\n");
  if (name === "bad line") return file.replace(/"message":"[^"]*"/, `"message":"cannot take ${badInput} (${key})"`);
  if (name === "foreign row") return `${first.replace(/"custom_id":"[^"]*"/, '"custom_id":"another"')}\n${file}`;
  if (name !== "unreadable row") return file;
  const rows = file.split("\n").filter((row) => !row.includes(`"${badLine}"`));
  return [`{"custom_id":"${badLine}","response":{"sta`, ...rows].join("\n");
}

function silence(signal: AbortSignal | null | undefined): Promise<Response> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason as Error));
  });
}
