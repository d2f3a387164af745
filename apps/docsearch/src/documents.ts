import path from "node:path";
import type { Runnable } from "@batchwise/core";
import { folderStore, type JobEvent, offline, type Offline } from "@batchwise/jobs";
import { count, counted, dollars } from "@batchwise/terminal";
import { cachedDocuments } from "./cached-documents.ts";
import type { Console } from "./console.ts";
import type { Embedder } from "./embedder.ts";
import { reportCache } from "./report.ts";
import type { RunOptions } from "./run-options.ts";
import type { SharedDocuments } from "./shared-documents.ts";

/** Documents of a run, embedded directly, through offline jobs, or by workers. */
export interface Documents {
  readonly runnable: Runnable<string, Float32Array>;
  /** Reports the jobs or workers that it will use. @throws Error over the cap */
  announce(texts: readonly string[], maxCost: number): Promise<void>;
  /** Reports the cache's counts. */
  report(): void;
  close(): Promise<void>;
}

type Options = Pick<RunOptions, "cache" | "offline" | "workers" | "folders">;

/**
 * Opens documents as the options ask. Sends nothing.
 *
 * @throws Error for an embedder without offline jobs, or without a database that workers can reach
 */
export async function openDocuments(embedder: Embedder, options: Options, console: Console): Promise<Documents> {
  const { cache, folders } = options;
  const jobs =
    options.offline === true ? offlineDocuments(embedder, path.join(folders.index, "jobs"), console) : undefined;
  const shared = await openShared(embedder, options);
  const source = jobs ?? shared?.runnable ?? embedder.documents;
  const cached = cache === undefined ? undefined : cachedDocuments({ ...embedder, documents: source }, cache);
  return {
    runnable: cached?.documents ?? source,
    announce: async (texts, maxCost) => {
      if (jobs !== undefined && texts.length > 0) await announceJobs(jobs, texts, maxCost, console);
      if (shared !== undefined && texts.length > 0) console.step("Workers", shared.place);
    },
    report: () => {
      if (cached !== undefined) reportCache(console, cached.documents.stats());
    },
    close: async () => {
      await cached?.close();
      await shared?.close();
    },
  };
}

async function openShared(embedder: Embedder, { workers, folders }: Options): Promise<SharedDocuments | undefined> {
  if (workers === undefined) return undefined;
  // Loaded when needed: a start without workers does not load a database.
  const { sharedDocuments } = await import("./shared-documents.ts");
  return sharedDocuments(embedder, workers, folders);
}

/** @throws Error for an embedder without offline jobs */
function offlineDocuments(
  { documents, name }: Embedder,
  folder: string,
  console: Console,
): Offline<string, Float32Array> {
  if (documents.settings?.jobs === undefined) {
    throw new Error(
      `Expected an adapter with offline jobs with --offline, got ${name}. Use --embed openai or --embed cohere.`,
    );
  }
  return offline(documents, { store: folderStore(folder), onJob: (event) => reportJob(console, event) });
}

async function announceJobs(
  jobs: Offline<string, Float32Array>,
  texts: readonly string[],
  maxCost: number,
  console: Console,
): Promise<void> {
  const estimate = await jobs.estimateJobs(texts);
  const { cost, liveCost } = estimate;
  const price =
    cost === undefined || liveCost === undefined ? "" : `, ${dollars(cost)} instead of ${dollars(liveCost)}`;
  console.step("Offline", `${counted(estimate.jobs, "job")}, at most ${count(estimate.tokens)} tokens${price}`);
  if (cost !== undefined && cost > maxCost) {
    throw new Error(
      `Expected jobs within what --max-cost leaves (${dollars(maxCost)}), got at most ${dollars(cost)}. Nothing was sent.`,
    );
  }
}

function reportJob(console: Console, event: JobEvent): void {
  if (event.type === "created") console.step("Job", `${event.id} created, ${counted(event.inputs, "text")}`);
  if (event.type === "reattached") console.step("Job", `${event.id} found again`);
  if (event.type === "refused") console.step("Job", `${event.id} waits for room at the provider`);
  if (event.type === "ended") {
    const cost = event.cost === undefined ? "" : `, ${dollars(event.cost)}`;
    console.step("Job", `ended, ${count(event.answered)} of ${counted(event.inputs, "text")} answered${cost}`);
  }
}
