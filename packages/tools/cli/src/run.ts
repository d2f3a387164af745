import { ArgumentError } from "@batchwise/core";
import { collected } from "./collected.ts";
import { keptTypes } from "./columns/kept-types.ts";
import { estimateSteps } from "./estimate.ts";
import { inputFiles } from "./inputs/input-files.ts";
import type { Item } from "./inputs/items.ts";
import { FILE_FIELD, type OpenItems, openItems } from "./inputs/open-items.ts";
import { holdJournal } from "./journal/hold-journal.ts";
import { Journal } from "./journal/journal.ts";
import { Notes } from "./notes.ts";
import { journalChoiceOf, openRecorder } from "./open-output.ts";
import { checkOptions, type RunOptions, type RunEnvironment } from "./options.ts";
import { chooseOutput, type OutputChoice } from "./output-choice.ts";
import { ownNamesOf } from "./outputs/own-names.ts";
import type { Recorder } from "./recorder.ts";
import { estimateText, jobsText, jobText, reportOf } from "./report.ts";
import { openReportFile } from "./report-file.ts";
import { resolveAdapter } from "./resolve-adapter.ts";
import { estimateResult, resultOf, type RunResult } from "./result.ts";
import type { Step } from "./step.ts";
import { Stats } from "./stats.ts";
import { dedupeOf, type Task } from "./task.ts";
import { type Ending, writeLive } from "./write-live.ts";
import { inputsOf, writeOffline } from "./write-offline.ts";

/**
 * Runs an adapter over a file, in order, with only the inputs in flight in memory, and writes a row for each input: its
 * output, or its error. The reason of an early end is in the result; finished rows are in the output, or beside it.
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
    const reportFile = await openReportFile(options, folder, files);
    checkKeep(options, output);
    const types = await keptTypes(options, files, output.format);
    const task: Task = { options, environment, folder, files, notes, adapter, output, types, stats: new Stats() };
    const result = await withJournal(task);
    if (result.status !== "estimated") await reportFile?.write(result);
    return result;
  } finally {
    notes.close();
    await adapter.close();
  }
}

async function withJournal(task: Task): Promise<RunResult> {
  const choice = journalChoiceOf(task);
  if (choice === undefined) return withSource(task, undefined, NEVER);
  if (task.options.estimate === true) return withSource(task, await Journal.read(choice), NEVER);
  const { drain, signal } = task.environment;
  try {
    return await holdJournal(choice, task, (journal, lost) => withSource(task, journal, lost));
  } catch (error) {
    // Stopped while it waited for another process.
    if (![drain, signal].some((each) => each?.aborted === true && each.reason === error)) throw error;
    return resultOf({ report: undefined, reason: error as Error }, task);
  }
}

async function withSource(task: Task, journal: Journal | undefined, lost: AbortSignal): Promise<RunResult> {
  const source = await openSource(task);
  if (source.mayLackHeader && task.options.field === undefined) task.notes.say(FIRST_ROW);
  try {
    if (journal !== undefined) await checkInput(task, journal);
    return await work(task, source, journal, lost);
  } finally {
    source.close();
  }
}

async function work(
  task: Task,
  source: OpenItems,
  journal: Journal | undefined,
  lost: AbortSignal,
): Promise<RunResult> {
  const { options, notes, stats } = task;
  const steps = stepsOf(source.items, journal, options.retryFailed === true);
  if (journal !== undefined) stats.countEarlier(journal.counts.rows, journal.counts.failed);
  if (options.estimate === true) return estimate(task, steps);
  const recorder = await openRecorder(task, journal, lost);
  try {
    const sent =
      options.offline === true
        ? await writeOffline(task, await collected(steps), recorder)
        : await writeLive(task, { steps, recorder, size: source.size });
    const ending = await end(task, sent, recorder, journal);
    const result = resultOf(ending, task);
    if (result.status !== "closed") notes.say(reportOf(result, options));
    return result;
  } finally {
    recorder.sink.close();
  }
}

const FIRST_ROW =
  "The first row of the input names its column and is not sent. --no-header sends it; --field with its name is silent.";

/** Ends the output. What is wrong with it ends the run. */
async function end(
  { stats, environment: { signal } }: Task,
  ending: Ending,
  { sink }: Recorder,
  journal: Journal | undefined,
): Promise<Ending> {
  const isWhole = ending.reason === undefined;
  try {
    if (!sink.failed.aborted) await sink.end(isWhole, signal);
  } catch (error) {
    return { ...ending, reason: ending.reason ?? (error as Error) };
  }
  if (journal !== undefined) {
    const isOpen = !isWhole && (stats.done > 0 || journal.discards);
    journal.keeps &&= isOpen || stats.failed + stats.earlierFailed > 0;
  }
  return ending;
}

/** Reads the inputs that an earlier run has had, before anything is sent. Standard input is checked as it comes. */
async function checkInput(task: Task, journal: Journal): Promise<void> {
  if (journal.known === 0 || task.files.some(({ path }) => path === "-")) return;
  const again = await openSource(task);
  let inputs = 0;
  try {
    for await (const item of again.items) {
      journal.checkItem(item);
      if (++inputs === journal.known) return;
    }
    journal.checkEnd(inputs);
  } finally {
    again.close();
  }
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
function checkKeep({ keep }: RunOptions, { format }: OutputChoice): void {
  const own = ownNamesOf(format);
  const taken = keep?.find((name) => own.includes(name));
  if (taken === undefined) return;
  throw new ArgumentError(`Expected --keep to name none of the output's own fields (${own.join(", ")}), got ${taken}.`);
}

async function* stepsOf(
  items: AsyncIterable<Item>,
  journal: Journal | undefined,
  retries: boolean,
): AsyncGenerator<Step, void> {
  let inputs = 0;
  for await (const item of items) {
    inputs++;
    journal?.checkItem(item);
    journal?.hashes.add(item);
    const isEarlier = journal?.has(item.index) === true;
    const isAgain = isEarlier && retries && journal.isFailed(item.index);
    yield { item, isDone: isEarlier && !isAgain, isAgain };
  }
  journal?.checkEnd(inputs);
}

const NEVER: AbortSignal = new AbortController().signal;
