import { runCommandLine } from "../cli.ts";
import { Console } from "../console.ts";
import { fakeEmbedder, type FakeEmbedder } from "./fake-embedder.ts";
import { fastClock } from "./fast-clock.ts";

/** What a run of the command line meets. */
export interface StartOptions {
  readonly drain?: AbortSignal;
  readonly environment?: NodeJS.ProcessEnv;
  readonly workingFolder?: string;
}

/** What a run of the command line left. */
export interface Started {
  readonly code: number;
  readonly results: string;
  readonly notes: string;
  /** The local embedder, and what it was asked. */
  readonly embedder: FakeEmbedder;
}

/** Notes of the run that goes on, for those who hear requests. */
let notesSoFar = "";

/** What the latest run has said until now. */
export function saidSoFar(): string {
  return notesSoFar;
}

/** Runs the command line with a fake local embedder, and waits 20 times shorter between tries. */
export async function start(argv: readonly string[], options: StartOptions = {}): Promise<Started> {
  const embedder = fakeEmbedder();
  let results = "";
  notesSoFar = "";
  const code = await runCommandLine(argv, {
    console: new Console({ write: (text) => (results += text) }, { write: (text) => (notesSoFar += text) }),
    openLocalEmbedder: () => Promise.resolve(embedder),
    drain: options.drain ?? new AbortController().signal,
    signal: new AbortController().signal,
    clock: fastClock,
    workingFolder: options.workingFolder ?? process.cwd(),
    environment: options.environment ?? {},
  });
  return { code, results, notes: notesSoFar, embedder };
}
