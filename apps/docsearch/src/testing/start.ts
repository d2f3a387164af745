import { runCommandLine } from "../cli.ts";
import { Console } from "../console.ts";
import { fakeEmbedder, type FakeEmbedder } from "./fake-embedder.ts";
import { fastClock } from "./fast-clock.ts";

/** Options of a run of the command line. */
export interface StartOptions {
  readonly drain?: AbortSignal;
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
  /** Name of the local model that was asked for. */
  readonly localModel: string | undefined;
}

/** Notes of the latest run, for tests that watch requests. */
let notesSoFar = "";

/** Notes of the latest run until now. */
export function latestNotes(): string {
  return notesSoFar;
}

/** Runs the command line with a fake local embedder, and waits 20 times shorter between attempts. */
export async function start(argv: readonly string[], options: StartOptions = {}): Promise<Started> {
  const embedder = fakeEmbedder();
  let localModel: string | undefined;
  let results = "";
  notesSoFar = "";
  const code = await runCommandLine(argv, {
    console: new Console({ write: (text) => (results += text) }, { write: (text) => (notesSoFar += text) }),
    localEmbedder: (model) => {
      localModel = model;
      return () => Promise.resolve(embedder);
    },
    drain: options.drain ?? new AbortController().signal,
    signal: new AbortController().signal,
    clock: fastClock,
    workingFolder: options.workingFolder ?? process.cwd(),
    environment: options.environment ?? {},
  });
  return { code, results, notes: notesSoFar, embedder, localModel };
}
