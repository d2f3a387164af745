import path from "node:path";
import { ArgumentError } from "@batchwise/core";
import { listed } from "../inputs/no-column.ts";
import { differencesOf, type Fingerprint } from "./fingerprint.ts";

/** Offline jobs in the note of a run. */
export interface NotedJobs {
  /** Folder of their journal, from that of the output. */
  readonly folder: string;
  /** Hashes of the options on which jobs depend besides those of the run's fingerprint. */
  readonly options: Fingerprint;
  readonly ids: readonly string[];
}

/** Offline jobs of a run to be. */
export interface JobsChoice {
  /** Folder of their journal. */
  readonly folder: string;
  /** True where the run names it. */
  readonly isNamed: boolean;
  /** Hashes of options as in the note; undefined for a live run. */
  readonly options: Fingerprint | undefined;
}

/** Offline jobs of an earlier run that are not done: another command or input would pay for theirs again. */
export interface LeftJobs {
  readonly ids: readonly string[];
  /** Error for a run that would leave them alone. */
  refusal(got: string): ArgumentError;
}

/**
 * Jobs of an earlier run that are not done; undefined where there are none. Those of another folder than a run names do
 * not concern it.
 *
 * @param differences names of other options that differ
 * @throws ArgumentError for a run with other options; JobStoreError for a journal that cannot be read
 */
export async function leftJobs(
  noted: NotedJobs,
  { file, name, jobs }: { readonly file: string; readonly name: string; readonly jobs: JobsChoice },
  differences: readonly string[],
): Promise<LeftJobs | undefined> {
  const folder = path.resolve(path.dirname(file), noted.folder);
  if (jobs.isNamed && jobs.folder !== folder) return undefined;
  const { listJobs } = await import("@batchwise/jobs");
  const entries = await listJobs(folder).catch((error: Error) => {
    if ((error.cause as NodeJS.ErrnoException | undefined)?.code === "ENOENT") return [];
    throw error;
  });
  const ids = noted.ids.filter((id) => entries.some((entry) => entry.id === id));
  if (ids.length === 0) return undefined;
  const refusal = (got: string): ArgumentError =>
    new ArgumentError(
      `Expected the command and the input that began ${name}, of which offline jobs go on (${listed(ids)}), got ${got}. ` +
        "Nothing was sent. Give the same, and they are resumed. To pay again: `batchwise jobs cancel`, then --overwrite, " +
        "or --jobs with another folder.",
    );
  if (jobs.options === undefined) throw refusal("a run without --offline");
  const others = [...differences, ...differencesOf(noted.options, jobs.options)];
  if (others.length > 0) throw refusal(`another ${others.join(", another ")}`);
  return { ids, refusal };
}
