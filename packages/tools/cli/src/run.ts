import { ArgumentError } from "@batchwise/core";
import { resolveAdapter } from "./resolve-adapter.ts";
import { collected } from "./collected.ts";
import { skipDone, resumedSteps } from "./resume.ts";
import { estimateSteps } from "./estimate.ts";
import { inputFiles } from "./inputs/input-files.ts";
import type { Item } from "./inputs/items.ts";
import { FILE_FIELD, type OpenItems, openItems } from "./inputs/open-items.ts";
import { Notes } from "./notes.ts";
import { checkOptions, type RunOptions, type RunEnvironment } from "./options.ts";
import { chooseOutput } from "./output-choice.ts";
import { ownNamesOf } from "./outputs/own-names.ts";
import { estimateText, jobsText, jobText, reportOf } from "./report.ts";
import { estimateResult, resultOf, type RunResult } from "./result.ts";
import type { Step } from "./step.ts";
import { Stats } from "./stats.ts";
import { dedupeOf, type Task } from "./task.ts";
import { type LiveWork, writeLive } from "./write-live.ts";
import { inputsOf, writeOffline } from "./write-offline.ts";

/**
 * Runs an adapter over a file, in order, with only the inputs in flight in memory, and writes a row for each input: its
 * output, or its error. The reason of an early end is in the result; finished rows are in the output.
 *
 * @throws ArgumentError for wrong options, or an adapter, input or output that cannot be used. Nothing was sent.
 * @throws Error for an output that cannot be opened. Nothing was sent.
 *
 * @example
 * const { answered, failed } = await run({
 *   adapter: "@batchwise/openai#embeddings",
 *   input: "texts.jsonl",
 *   output: "vectors.jsonl",
 * });
 */
export async function run(given: RunOptions, environment: RunEnvironment = {}): Promise<RunResult> {
  checkOptions(given);
  const { folder = process.cwd(), env = process.env, stderr = process.stderr } = environment;
  const files = await inputFiles(given.input, folder);
  const options = files.length === 1 ? given : withFile(given);
  const notes = new Notes(stderr, options.quiet === true);
  const adapter = await resolveAdapter(options, {
    folder,
    env,
    made: environment.runnable,
    onJob: (event) => notes.say(jobText(event)),
  });
  try {
    const output = await chooseOutput(options, folder, files);
    const task: Task = { options, environment, folder, files, notes, adapter, output, stats: new Stats() };
    checkKeep(task);
    const source = await openSource(task);
    if (source.mayLackHeader && options.field === undefined) notes.say(FIRST_ROW);
    try {
      return await work(task, source);
    } finally {
      source.close();
    }
  } finally {
    notes.close();
    await adapter.close();
  }
}

const FIRST_ROW =
  "The first row of the input names its column and is not sent. --no-header sends it; --field with its name is silent.";

async function work(task: Task, source: OpenItems): Promise<RunResult> {
  const { options, notes } = task;
  const planned = await plan(task, source.items);
  if (options.estimate === true) return estimate(task, planned.steps);
  const ending =
    options.offline === true
      ? await writeOffline(task, await collected(planned.steps))
      : await writeLive(task, { ...planned, size: source.size });
  const result = resultOf(ending, task);
  if (result.status !== "closed") notes.say(reportOf(result, options));
  return result;
}

/** @throws ArgumentError for an earlier output of another input */
async function plan(task: Task, items: AsyncGenerator<Item, void>): Promise<Omit<LiveWork, "size">> {
  const { options, output, stats } = task;
  const { resumePoint } = output;
  if (resumePoint === undefined) return { steps: stepsOf(items), rewrites: false };
  if (options.retryFailed !== true && options.offline !== true) {
    await skipDone(items, resumePoint);
    stats.countEarlier(resumePoint.lines, resumePoint.failed);
    return { steps: stepsOf(items), rewrites: false };
  }
  // The input is read once more, to check before any request that the output is of this input.
  const again = await openSource(task);
  try {
    await skipDone(again.items, resumePoint);
  } finally {
    again.close();
  }
  return { steps: resumedSteps(items, resumePoint, options.retryFailed === true), rewrites: true };
}

async function estimate(task: Task, steps: AsyncIterable<Step>): Promise<RunResult> {
  const { adapter, options, environment } = task;
  const { stdout = process.stdout } = environment;
  if (adapter.jobs === undefined) {
    const estimated = await estimateSteps(adapter.runnable, steps, dedupeOf(options));
    stdout.write(`${estimateText(estimated)}\n`);
    return estimateResult({ estimate: estimated }, task);
  }
  const jobsEstimate = await adapter.jobs.estimateJobs(inputsOf(await collected(steps)));
  stdout.write(`${jobsText(jobsEstimate)}\n`);
  return estimateResult({ jobsEstimate }, task);
}

function openSource({ options, environment, files, adapter }: Task): Promise<OpenItems> {
  const { field, limit = Infinity } = options;
  const keep = (options.keep ?? []).filter((name) => files.length === 1 || name !== FILE_FIELD);
  return openItems(
    files,
    {
      ...options,
      wanted: field === undefined ? undefined : [field, ...keep],
      stdin: environment.stdin ?? process.stdin,
    },
    { kind: adapter.kind, field, keep, limit },
  );
}

/** @throws ArgumentError where a field of the inputs would take the place of their file's name */
function withFile(options: RunOptions): RunOptions {
  const { keep = [] } = options;
  if (!keep.includes(FILE_FIELD)) return { ...options, keep: [...keep, FILE_FIELD] };
  throw new ArgumentError(
    `Expected --keep without ${FILE_FIELD} for several files, got it: it is the name of a row's file. Rename the field.`,
  );
}

/** @throws ArgumentError for a field that has the name of one of the output's own */
function checkKeep({ options, output }: Task): void {
  const own = ownNamesOf(output.format);
  const taken = options.keep?.find((name) => own.includes(name));
  if (taken === undefined) return;
  throw new ArgumentError(`Expected --keep to name none of the output's own fields (${own.join(", ")}), got ${taken}.`);
}

async function* stepsOf(items: AsyncIterable<Item>): AsyncGenerator<Step, void> {
  for await (const item of items) yield { item, isDone: false };
}
