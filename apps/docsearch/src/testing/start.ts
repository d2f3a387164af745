import { loadAdapter } from "@batchwise/plugins";
import { vi } from "vitest";
import { runCommandLine } from "../cli.ts";
import { Console } from "../console.ts";
import { fakeEmbedder, type FakeEmbedder, loadFake } from "./fake-embedder.ts";
import { fastClock } from "./fast-clock.ts";

/** Options of a run of the command line. */
export interface StartOptions {
  readonly drain?: AbortSignal;
  readonly signal?: AbortSignal;
  readonly environment?: NodeJS.ProcessEnv;
  readonly workingFolder?: string;
}

/** Results of a run of the command line. */
export interface Started {
  readonly code: number;
  readonly results: string;
  readonly notes: string;
  /** Local embedder, and the texts of its requests. */
  readonly embedder: FakeEmbedder;
}

/** Variables that a run reads: those of the machine are not a test's. */
const VARIABLES = ["OPENAI_API_KEY", "OPENAI_BASE_URL", "CO_API_KEY", "CO_API_URL"];

/** Notes of the latest run, for tests that watch requests. */
let notesSoFar = "";

/** Notes of the latest run until now. */
export function latestNotes(): string {
  return notesSoFar;
}

/** Runs the command line with a fake local embedder, and waits 20 times shorter between attempts. */
export async function start(argv: readonly string[], options: StartOptions = {}): Promise<Started> {
  const { environment = {}, drain = new AbortController().signal, workingFolder = process.cwd() } = options;
  const embedder = fakeEmbedder();
  let results = "";
  notesSoFar = "";
  for (const name of new Set([...VARIABLES, ...Object.keys(environment)])) vi.stubEnv(name, environment[name]);
  const code = await runCommandLine(argv, {
    console: new Console({ write: (text) => (results += text) }, { write: (text) => (notesSoFar += text) }),
    drain,
    signal: options.signal ?? new AbortController().signal,
    clock: fastClock,
    workingFolder,
    load: loadFake(embedder, loadAdapter),
  }).finally(() => vi.unstubAllEnvs());
  return { code, results, notes: notesSoFar, embedder };
}
