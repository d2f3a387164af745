import { stat } from "node:fs/promises";
import path from "node:path";
import { ArgumentError, type JobBackend, type JobState } from "@batchwise/core";
import type { NotedJob } from "@batchwise/jobs";
import { propertiesOf } from "@batchwise/plugins";
import { count, counted, listing } from "@batchwise/terminal";
import { Command } from "commander";
import { readOptions } from "../adapter-options.ts";
import { findAdapter } from "../find-adapter.ts";
import { reasonOf } from "../reason-of.ts";
import { JOBS_FOLDER } from "../resolve-adapter.ts";
import { one, settings } from "../run-command.ts";
import { widthOf } from "../terminal-width.ts";
import { isWanted, type SteerEnvironment } from "./steer-environment.ts";

interface Flags {
  readonly jobs?: string;
  readonly set?: readonly string[];
  readonly yes?: boolean;
}

const ADAPTER = "the run's adapter, such as @batchwise/openai#embeddings, which asks the provider";

/** Command `batchwise jobs`: shows and cancels the offline jobs of runs that have not ended. */
export function jobsCommand(environment: SteerEnvironment): Command {
  const command = new Command("jobs")
    .description("Shows or cancels offline jobs of runs with --offline that have not ended.")
    .addHelpText("after", EXAMPLES);
  const add = (name: string, what: string): Command =>
    command
      .command(name)
      .description(what)
      .option("--jobs <folder>", "folder of their journal (default: .batchwise/jobs)")
      .option("--set <name=value>", "an option of the adapter, as for its run; may be given several times", one);
  add("list", "Lists jobs of a journal; with an adapter, their state at the provider.")
    .argument("[adapter]", ADAPTER)
    .action((adapter: string | undefined, flags: Flags) => list(adapter, flags, environment));
  add("show", "Shows the state of one job at the provider.")
    .argument("<id>", "id of the job")
    .argument("<adapter>", ADAPTER)
    .action((id: string, adapter: string, flags: Flags) => show(id, adapter, flags, environment));
  add("cancel", "Cancels a job, or all, at the provider. Finished rows are kept: the run reads them when it resumes.")
    .argument("<id>", "id of the job, or: all")
    .argument("<adapter>", ADAPTER)
    .option("--yes", "without a question")
    .action((id: string, adapter: string, flags: Flags) => cancel(id, adapter, flags, environment));
  return command;
}

const EXAMPLES = `
Examples:
  batchwise jobs list
  batchwise jobs list @batchwise/openai#embeddings
  batchwise jobs show batch_123 @batchwise/openai#embeddings
  batchwise jobs cancel all @batchwise/openai#embeddings --yes
`;

async function list(reference: string | undefined, flags: Flags, environment: SteerEnvironment): Promise<void> {
  const jobs = await notedJobs(flags, environment);
  const backend = reference === undefined ? undefined : await backendOf(reference, flags, environment);
  const rows: Record<string, string>[] = [];
  for (const job of jobs) rows.push({ Job: job.id ?? "being created", Tag: job.tag, ...(await stateIn(backend, job)) });
  environment.stdout.write(rows.length === 0 ? "No job is left.\n" : listing(rows, widthOf(environment.stdout)));
}

async function show(id: string, reference: string, flags: Flags, environment: SteerEnvironment): Promise<void> {
  const job = jobOf(id, await notedJobs(flags, environment));
  const backend = await backendOf(reference, flags, environment);
  const rows = [{ Job: id, Tag: job.tag, ...(await stateIn(backend, job)) }];
  environment.stdout.write(listing(rows, widthOf(environment.stdout)));
}

async function cancel(id: string, reference: string, flags: Flags, environment: SteerEnvironment): Promise<void> {
  const jobs = await notedJobs(flags, environment);
  const chosen = id === "all" ? jobs : [jobOf(id, jobs)];
  const ids = chosen.flatMap((job) => (job.id === undefined ? [] : [job.id]));
  const what = `Cancels ${counted(ids.length, "job")} at the provider; what is not finished is not worked on.`;
  if (ids.length > 0 && !(await isWanted(what, flags.yes, environment))) return;
  const backend = await backendOf(reference, flags, environment);
  for (const each of ids) {
    await backend.cancel(each, {});
    environment.stdout.write(`Job ${each} is canceled.\n`);
  }
  if (ids.length === 0) environment.stdout.write("No job is left.\n");
}

async function notedJobs({ jobs = JOBS_FOLDER }: Flags, { folder: base }: SteerEnvironment): Promise<NotedJob[]> {
  const folder = path.resolve(base, jobs);
  const got = await stat(folder).then((stats) => (stats.isDirectory() ? undefined : "a file"), reasonOf);
  if (got !== undefined) throw new ArgumentError(`Expected a journal of jobs in ${jobs}, got ${got}. ${FOLDER}`);
  const { listJobs } = await import("@batchwise/jobs");
  return listJobs(folder);
}

const FOLDER = "Give the folder of --jobs: .batchwise/jobs where the run was started, unless it had the option.";

/** @throws ArgumentError for an id that no job of the journal has */
function jobOf(id: string, jobs: readonly NotedJob[]): NotedJob {
  const job = jobs.find((each) => each.id === id);
  if (job !== undefined) return job;
  throw new ArgumentError("Expected the id of a job in the journal, got another. `batchwise jobs list` lists them.");
}

/** @throws ArgumentError for an adapter that is not installed, or has no offline jobs */
async function backendOf(reference: string, { set = [] }: Flags, { folder }: SteerEnvironment): Promise<JobBackend> {
  const { adapter, create } = await findAdapter(reference, folder);
  const runnable = create(readOptions(settings(set), propertiesOf(adapter.options)));
  const backend = await runnable.settings?.jobs?.();
  if (backend !== undefined) return backend;
  throw new ArgumentError(`Expected ${reference} to have offline jobs, got none. Give the adapter of the run.`);
}

/** State of a job as columns; none without a provider to ask. */
async function stateIn(backend: JobBackend | undefined, { id }: NotedJob): Promise<Record<string, string>> {
  if (backend === undefined) return {};
  if (id === undefined) return { State: "unknown", Done: "", Reason: "" };
  try {
    const { status, done, reason }: JobState = await backend.poll(id, {});
    return { State: status, Done: done === undefined ? "" : count(done), Reason: reason?.message ?? "" };
  } catch (error) {
    return { State: "unknown", Done: "", Reason: (error as Error).message };
  }
}
