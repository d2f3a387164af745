import path from "node:path";
import { ArgumentError, type Runnable } from "@batchwise/core";
import type { JobEvent, Offline } from "@batchwise/jobs";
import { propertiesOf } from "@batchwise/plugins";
import { identityOf, readOptions } from "./adapter-options.ts";
import { findAdapter } from "./find-adapter.ts";
import type { MadeRunnable, RunOptions } from "./options.ts";

/** What a run works with. */
export interface Chosen {
  readonly kind: string;
  /** With the cache and the offline jobs that were asked for. */
  readonly runnable: Runnable<unknown, unknown>;
  /** The offline jobs, where they were asked for. */
  readonly jobs: Offline<unknown, unknown> | undefined;
  /** Length of the vectors, where it is known. */
  readonly dimensions: number | undefined;
  close(): Promise<void>;
}

/** What it is chosen with. */
export interface ChooseOptions {
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly made: MadeRunnable | undefined;
  readonly onJob: (event: JobEvent) => void;
}

/**
 * Makes the adapter's Runnable, and puts a cache and offline jobs before it. Nothing is sent.
 *
 * @throws ArgumentError for an adapter that is not there, options that it does not take, a missing key, or jobs that it
 * does not have
 */
export async function choose(options: RunOptions, surroundings: ChooseOptions): Promise<Chosen> {
  const { folder } = surroundings;
  const live = await makeLive(options, surroundings);
  const { runnable } = live;
  if (options.maxCost !== undefined && runnable.settings?.price === undefined) {
    throw new ArgumentError("--max-cost needs a price, and it is not known here. Say it with --set price=...");
  }
  if (options.offline === true && runnable.settings?.jobs === undefined) {
    throw new ArgumentError(`${options.adapter} has no offline jobs. Leave --offline out.`);
  }
  const jobs = options.offline === true ? await openJobs(runnable, options, surroundings) : undefined;
  const way = jobs ?? runnable;
  const cached =
    options.cache === undefined
      ? undefined
      : await openCache(way, live.identity, path.resolve(folder, options.cache, "cache.sqlite"));
  return {
    kind: live.kind,
    runnable: cached?.runnable ?? way,
    jobs,
    dimensions: live.dimensions,
    close: async () => {
      await jobs?.close();
      await cached?.close();
      // What the adapter keeps open, such as threads.
      await (runnable as Partial<AsyncDisposable>)[Symbol.asyncDispose]?.();
    },
  };
}

async function openJobs(
  runnable: Runnable<unknown, unknown>,
  { jobs: own = path.join(".batchwise", "jobs"), attempts }: RunOptions,
  { folder, onJob }: ChooseOptions,
): Promise<Offline<unknown, unknown>> {
  const { folderStore, offline } = await import("@batchwise/jobs");
  const store = folderStore(path.resolve(folder, own));
  return offline(runnable, { store, onJob, ...(attempts !== undefined && { attempts }) });
}

async function openCache(
  runnable: Runnable<unknown, unknown>,
  namespace: object,
  file: string,
): Promise<{ readonly runnable: Runnable<unknown, unknown>; close(): Promise<void> }> {
  const { fileStore, withCache } = await import("@batchwise/cache");
  const store = fileStore({ path: file });
  return { runnable: withCache(runnable, { store, namespace }), close: async () => store.disconnect?.() };
}

interface Live {
  readonly kind: string;
  readonly runnable: Runnable<unknown, unknown>;
  readonly dimensions: number | undefined;
  /** What its results depend on beside the input. */
  readonly identity: object;
}

async function makeLive({ adapter: reference, set = {} }: RunOptions, surroundings: ChooseOptions): Promise<Live> {
  const { folder, environment, made } = surroundings;
  if (made !== undefined) {
    return { ...made, dimensions: undefined, identity: { adapter: reference, options: set } };
  }
  const loaded = await findAdapter(reference, folder);
  const { adapter } = loaded;
  const properties = propertiesOf(adapter.options);
  const given = readOptions(set, properties);
  const runnable = loaded.create(given);
  return {
    kind: adapter.kind,
    runnable,
    dimensions: adapter.dimensions?.(given),
    identity: {
      adapter: `${loaded.package}#${adapter.name}`,
      ...identityOf(given, properties, adapter.key, environment),
    },
  };
}
