import path from "node:path";
import type { CacheWarning } from "@batchwise/cache";
import { type Adapter, ArgumentError, type Runnable } from "@batchwise/core";
import type { JobEvent, Offline } from "@batchwise/jobs";
import { type LoadedAdapter, type Properties, propertiesOf } from "@batchwise/plugins";
import { identityOf, readOptions, withAnyKey } from "./adapter-options.ts";
import { findAdapter } from "./find-adapter.ts";
import type { AdapterIdentity } from "./journal/fingerprint.ts";
import type { MadeRunnable } from "./options.ts";
import type { ResolvedOptions } from "./text-options.ts";

/** Adapter of a run, as it was resolved. */
export interface ResolvedAdapter {
  readonly kind: string;
  /** Inputs that it takes besides those of its kind. */
  readonly inputs: Adapter["inputs"];
  /** Runnable of the adapter, with the cache and the offline jobs of the options. */
  readonly runnable: Runnable<unknown, unknown>;
  /** Offline jobs, where the options ask for them. */
  readonly jobs: Offline<unknown, unknown> | undefined;
  /** Ids of offline jobs that were created, or found again. */
  readonly jobIds: ReadonlySet<string>;
  /** Calls a listener as soon as there is another id. */
  watchJobs(onId: () => void): void;
  /** Length of the vectors, where it is known. */
  readonly dimensions: number | undefined;
  /** Identity of its results besides the input. */
  readonly identity: AdapterIdentity;
  /** @throws ArgumentError for a cache that cannot be used */
  open(): Promise<void>;
  close(): Promise<void>;
}

/** Folder, variables and listeners for `resolveAdapter`. */
export interface ResolveOptions {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly made: MadeRunnable | undefined;
  readonly onJob: (event: JobEvent) => void;
  /** Called once for each kind of what goes wrong with the cache. */
  readonly onCacheWarning: (warning: string) => void;
}

/**
 * Makes the adapter's Runnable, with a cache and offline jobs around it. Nothing is sent.
 *
 * @throws ArgumentError for an adapter that is not installed, options that it does not take, a missing key, or offline
 * jobs that it does not have
 */
export async function resolveAdapter(options: ResolvedOptions, environment: ResolveOptions): Promise<ResolvedAdapter> {
  const live = await makeLive(options, environment);
  const { runnable } = live;
  if (options.maxCost !== undefined && runnable.settings?.price === undefined) {
    throw new ArgumentError("Expected a price for --max-cost, got none. Give it with --set price=...");
  }
  if (options.offline === true && runnable.settings?.jobs === undefined) {
    throw new ArgumentError(`Expected ${options.adapter} to have offline jobs, got none. Leave --offline out.`);
  }
  const known = new Set<string>();
  let onId: (() => void) | undefined;
  const onJob = (event: JobEvent): void => {
    const { size } = known;
    noteJob(known, event);
    if (known.size > size) onId?.();
    environment.onJob(event);
  };
  const jobs = options.offline === true ? await openJobs(runnable, options, { ...environment, onJob }) : undefined;
  const inner = jobs ?? runnable;
  const cached =
    options.cache === undefined
      ? undefined
      : await openCache(inner, namespaceOf(live.identity, options), options, environment);
  return {
    kind: live.kind,
    inputs: live.inputs,
    runnable: cached?.runnable ?? inner,
    jobs,
    jobIds: known,
    watchJobs: (listener) => {
      onId = listener;
    },
    dimensions: live.dimensions,
    identity: live.identity,
    open: async () => cached?.open(),
    close: async () => {
      await jobs?.close();
      await cached?.close();
      // Resources that the adapter keeps open, such as threads.
      await (runnable as Partial<AsyncDisposable>)[Symbol.asyncDispose]?.();
    },
  };
}

/** Identity of results for a cache: another schema makes other values of the same answers. */
function namespaceOf(identity: AdapterIdentity, { schema }: ResolvedOptions): object {
  return schema === undefined ? identity : { ...identity, schema };
}

/** Folder of the journal of offline jobs, where none is named. */
export const JOBS_FOLDER: string = path.join(".batchwise", "jobs");

async function openJobs(
  runnable: Runnable<unknown, unknown>,
  { jobs: jobsFolder = JOBS_FOLDER, attempts }: ResolvedOptions,
  { folder, onJob }: ResolveOptions,
): Promise<Offline<unknown, unknown>> {
  const { folderStore, offline } = await import("@batchwise/jobs");
  const store = folderStore(path.resolve(folder, jobsFolder));
  return offline(runnable, { store, onJob, ...(attempts !== undefined && { attempts }) });
}

/** Keeps the ids of jobs that exist: one for which there was no capacity does not. */
function noteJob(known: Set<string>, event: JobEvent): void {
  if (event.type === "created" || event.type === "reattached") known.add(event.id);
  else if (event.type === "refused") known.delete(event.id);
}

async function openCache(
  runnable: Runnable<unknown, unknown>,
  namespace: object,
  { cache = "", cacheErrors = "fail" }: Pick<ResolvedOptions, "cache" | "cacheErrors">,
  { folder, onCacheWarning }: ResolveOptions,
): Promise<{ readonly runnable: Runnable<unknown, unknown>; open(): Promise<void>; close(): Promise<void> }> {
  const { fileStore, withCache } = await import("@batchwise/cache");
  const store = fileStore({ path: path.resolve(folder, cache, "cache.sqlite") });
  const reported = new Set<string>();
  const onWarning = ({ kind, message, cause }: CacheWarning): void => {
    if (reported.has(kind)) return;
    reported.add(kind);
    onCacheWarning(cause instanceof Error ? `${message} ${cause.message}` : message);
  };
  const cached = withCache(runnable, { store, namespace, onStoreError: cacheErrors, onWarning });
  return {
    runnable: cached,
    open: () =>
      cached.open().catch(({ cause }: Error) => {
        const message = `${(cause as Error).message} Nothing was sent. --cache-errors continue does without the cache.`;
        throw new ArgumentError(message, { cause });
      }),
    close: async () => store.disconnect?.(),
  };
}

type Live = Pick<ResolvedAdapter, "kind" | "inputs" | "runnable" | "dimensions" | "identity">;

async function makeLive(options: ResolvedOptions, environment: ResolveOptions): Promise<Live> {
  const { adapter: reference, set = {}, system } = options;
  const { folder, env, made } = environment;
  if (made !== undefined) {
    checkSystem(options, {});
    return { inputs: undefined, ...made, dimensions: undefined, identity: { adapter: reference, options: set } };
  }
  const loaded = await findAdapter(reference, folder);
  const { adapter } = loaded;
  const properties = propertiesOf(adapter.options);
  checkSystem(options, properties);
  const given = { ...readOptions(set, properties), ...(system !== undefined && { instructions: system }) };
  const usable = options.estimate === true ? withAnyKey(given, adapter.key, env) : given;
  const runnable = await created(loaded, usable, options);
  return {
    kind: adapter.kind,
    inputs: adapter.inputs,
    runnable,
    dimensions: adapter.dimensions?.(given),
    identity: {
      adapter: `${loaded.package}#${adapter.name}`,
      ...identityOf(given, properties, adapter.key, env),
    },
  };
}

/** @throws ArgumentError of `create`; where the adapter makes no values of answers, and for a schema that it cannot send */
async function created(
  { adapter, create }: LoadedAdapter,
  given: Readonly<Record<string, unknown>>,
  { adapter: name, schema }: ResolvedOptions,
): Promise<Runnable<unknown, unknown>> {
  if (schema === undefined) return create(given);
  if (adapter.structured !== true) {
    throw new ArgumentError(
      `Expected ${name} to make values of answers for --schema, got an adapter that does not. Leave it out, or use a chat model's.`,
    );
  }
  const { standardSchemaOf } = await import("./schema/standard-schema.ts");
  try {
    return create(given, { schema: standardSchemaOf(schema) });
  } catch (error) {
    const { cause } = error as Error;
    if (!ArgumentError.isInstance(error) || !(cause instanceof Error)) throw error;
    // It speaks of the schema alone.
    throw new ArgumentError(`Expected --schema to be one that ${name} can send, got another: ${cause.message}`, {
      cause,
    });
  }
}

/** @throws ArgumentError where the adapter has no option for `system`, or it is given twice */
function checkSystem({ adapter, system, set = {} }: ResolvedOptions, properties: Properties): void {
  if (system === undefined) return;
  if (properties["instructions"] === undefined) {
    throw new ArgumentError(
      `Expected ${adapter} to have an option \`instructions\` for --system, got none. Leave it out.`,
    );
  }
  if (set["instructions"] !== undefined) {
    throw new ArgumentError("Expected --system or --set instructions, got both. Leave one out.");
  }
}
