import { keptTypes } from "./columns/kept-types.ts";
import { estimateSteps } from "./estimate.ts";
import { checkOrder, inputFiles } from "./inputs/input-files.ts";
import type { Item } from "./inputs/items.ts";
import { holdJournal } from "./journal/hold-journal.ts";
import { Journal } from "./journal/journal.ts";
import { Notes } from "./notes.ts";
import { journalChoiceOf, openRecorder } from "./open-output.ts";
import { checkOptions, type RunOptions, type RunEnvironment } from "./options.ts";
import { chooseOutput } from "./output-choice.ts";
import type { Recorder } from "./recorder.ts";
import { estimateText, jobsText, jobText, reportOf } from "./report.ts";
import { openReportFile } from "./report-file.ts";
import { resolveAdapter } from "./resolve-adapter.ts";
import { estimateResult, resultOf } from "./result.ts";
import type { RunResult } from "./run-result.ts";
import { selectInputs } from "./selected-inputs.ts";
import type { Sample } from "./sample/sample.ts";
import type { Step } from "./step.ts";
import { Stats } from "./stats.ts";
import { dedupeOf, type Task } from "./task.ts";
import { widthOf, wrapped } from "./terminal-width.ts";
import { withTexts } from "./text-options.ts";
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
export async function run(asked: RunOptions, environment: RunEnvironment = {}): Promise<RunResult> {
  const { result, hasMore } = await runOnce(asked, environment);
  if (!hasMore || result.status !== "completed") return result;
  return run({ ...asked, resume: true, retryFailed: false }, environment);
}

/** Result of a run, and whether inputs follow that are not in the offline jobs which it has resumed. */
interface Done {
  readonly result: RunResult;
  readonly hasMore: boolean;
}

async function runOnce(asked: RunOptions, environment: RunEnvironment): Promise<Done> {
  const given = {
    ...asked,
    output: asked.output === "-" ? undefined : asked.output,
    keep: Array.isArray(asked.keep) ? [...new Set(asked.keep)] : asked.keep,
  };
  checkOptions(given);
  const { folder = process.cwd(), env = process.env, stderr = process.stderr } = environment;
  const written = [given.output, given.report].filter((name) => name !== undefined);
  await checkOrder(given.adapter, given.input, folder);
  const files = await inputFiles(given.input, folder, written);
  const options = await withTexts(given, folder);
  const notes = new Notes(stderr, options.quiet === true);
  const adapter = await resolveAdapter(options, {
    folder,
    env,
    made: environment.runnable,
    onJob: (event) => notes.say(jobText(event)),
    onCacheWarning: (warning) => notes.say(warning),
  });
  try {
    if (options.estimate !== true) await adapter.open();
    const output = await chooseOutput(options, folder, files);
    const reportFile = await openReportFile(options, folder, files);
    const inputs = await selectInputs({ options, environment, files, output, adapter });
    const { kept } = inputs;
    try {
      const types = await keptTypes({ ...options, keep: kept }, files, output.format);
      // The columns of a table are part of its fingerprint.
      const own = kept.length === 0 ? options : { ...options, keep: kept };
      const stats = new Stats();
      const done = await withJournal({
        options: own,
        environment,
        folder,
        files,
        notes,
        adapter,
        output,
        inputs,
        types,
        stats,
      });
      if (done.result.status !== "estimated") await reportFile?.write(done.result);
      return done;
    } finally {
      inputs.first.close();
    }
  } finally {
    notes.close();
    await adapter.close();
  }
}

async function withJournal(task: Task): Promise<Done> {
  const choice = journalChoiceOf(task);
  if (choice === undefined) return work(task, undefined, NEVER);
  if (task.options.estimate === true) return work(task, await Journal.read(choice), NEVER);
  const { drain, signal } = task.environment;
  try {
    return await holdJournal(choice, task, (journal, lost) => work(task, journal, lost));
  } catch (error) {
    // Stopped while it waited for another process.
    if (![drain, signal].some((each) => each?.aborted === true && each.reason === error)) throw error;
    return { result: resultOf({ report: undefined, reason: error as Error }, task), hasMore: false };
  }
}

async function work(task: Task, journal: Journal | undefined, lost: AbortSignal): Promise<Done> {
  const hasMore = journal !== undefined && (await checkInput(task, journal)) && journal.hasJobs;
  return { result: await workOn(task, journal, lost, hasMore ? journal.known : Infinity), hasMore };
}

/** @param end count of inputs to work on */
async function workOn(task: Task, journal: Journal | undefined, lost: AbortSignal, end: number): Promise<RunResult> {
  const { options, notes, stats, inputs } = task;
  const source = inputs.first;
  if (source.mayLackHeader && options.field === undefined && options.prompt === undefined) notes.say(FIRST_ROW);
  if (source.parameters.length > 0) notes.say(ownParametersNote(source.parameters));
  const sample = options.sample === undefined ? undefined : await drawSample(task);
  const steps = stepsOf(sample?.items ?? source.items, journal, { end, retries: options.retryFailed === true });
  if (journal !== undefined) stats.countEarlier(journal.counts.rows, journal.counts.failed);
  if (options.estimate === true) return estimate(task, steps);
  const recorder = await openRecorder(task, journal, lost);
  try {
    const sent =
      options.offline === true
        ? await writeOffline(task, steps, recorder)
        : await writeLive(task, {
            steps,
            recorder: sample?.watching(recorder) ?? recorder,
            size: sample?.items.length ?? source.size,
          });
    const ending = await endOutput(task, sent, recorder, journal);
    const result = resultOf(ending, task);
    if (result.status !== "closed") notes.say(reportOf(result, options));
    return sample === undefined ? result : showSample(task, sample, result);
  } finally {
    recorder.sink.close();
  }
}

async function drawSample(task: Task): Promise<Sample> {
  const { Sample } = await import("./sample/sample.ts");
  return Sample.draw(task, task.inputs.first.items);
}

function showSample({ environment }: Task, sample: Sample, result: RunResult): RunResult {
  const { stdout = process.stdout } = environment;
  const totals = sample.totalsOf(result);
  stdout.write(sample.textOf(totals, widthOf(stdout) ?? USUAL_WIDTH));
  return { ...result, sample: totals };
}

/** Columns of what is no terminal. */
const USUAL_WIDTH = 100;

function ownParametersNote(parameters: readonly string[]): string {
  return `The requests have parameters of their own, which are sent as they are: ${parameters.join(", ")}.`;
}

const FIRST_ROW =
  "The first row of the input names its column and is not sent. --no-header sends it; --field with its name is silent.";

/** Ends the output. What is wrong with it ends the run. */
async function endOutput(
  { adapter, stats, environment: { signal } }: Task,
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
    const isOpen = !isWhole && (stats.done > 0 || journal.discards || adapter.jobIds.size > 0);
    journal.keeps &&= isOpen || stats.failed + stats.earlierFailed > 0;
  }
  return ending;
}

/**
 * Reads the inputs that an earlier run has had, before anything is sent. Standard input is checked as it comes.
 *
 * @returns whether more inputs follow
 */
async function checkInput(task: Task, journal: Journal): Promise<boolean> {
  if (journal.known === 0 || task.files.some(({ path }) => path === "-")) return false;
  const again = await task.inputs.open();
  let inputs = 0;
  try {
    for await (const item of again.items) {
      if (inputs === journal.known) return true;
      journal.checkItem(item);
      inputs++;
    }
    journal.checkEnd(inputs);
    return false;
  } finally {
    again.close();
  }
}

async function estimate(task: Task, steps: AsyncIterable<Step>): Promise<RunResult> {
  const { adapter, options, environment } = task;
  const { stdout = process.stdout } = environment;
  if (adapter.jobs === undefined) {
    const estimated = await estimateSteps(adapter.runnable, steps, dedupeOf(options));
    stdout.write(`${wrapped(estimateText(estimated), stdout)}\n`);
    return estimateResult({ estimate: estimated }, task);
  }
  const { inputs, ...others } = await inputsOf(steps);
  const jobsEstimate = await adapter.jobs.estimateJobs(inputs);
  stdout.write(`${wrapped(jobsText(jobsEstimate, others), stdout)}\n`);
  return estimateResult({ jobsEstimate }, task);
}

async function* stepsOf(
  items: AsyncIterable<Item> | Iterable<Item>,
  journal: Journal | undefined,
  { end, retries }: { readonly end: number; readonly retries: boolean },
): AsyncGenerator<Step, void> {
  let inputs = 0;
  for await (const item of items) {
    if (inputs++ === end) return;
    journal?.checkItem(item);
    journal?.hashes.add(item);
    const isEarlier = journal?.has(item.index) === true;
    const isAgain = isEarlier && retries && journal.isFailed(item.index);
    yield { item, isDone: isEarlier && !isAgain, isAgain };
  }
  journal?.checkEnd(inputs);
}

const NEVER: AbortSignal = new AbortController().signal;
