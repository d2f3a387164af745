import path from "node:path";
import { ArgumentError } from "@batchwise/core";
import { choose } from "./chosen.ts";
import { collected } from "./collected.ts";
import { passOver, stepsWith } from "./earlier.ts";
import { estimateSteps } from "./estimate.ts";
import type { InputSource } from "./inputs/input-record.ts";
import { type Item, itemsOf, type Selection } from "./inputs/items.ts";
import { openInput } from "./inputs/open-input.ts";
import { Notes } from "./notes.ts";
import { checkOptions, type RunOptions, type Surroundings } from "./options.ts";
import { chooseOutput } from "./output-choice.ts";
import { ownNamesOf } from "./outputs/own-names.ts";
import { estimateText, jobsText, jobText, reportOf } from "./report.ts";
import { estimateResult, resultOf, type RunResult } from "./result.ts";
import type { Step } from "./step.ts";
import { Tally } from "./tally.ts";
import { dedupeOf, type Task } from "./task.ts";
import { type LiveWork, writeLive } from "./write-live.ts";
import { inputsOf, writeOffline } from "./write-offline.ts";

/**
 * Runs an adapter over a file, in order and with as much in memory as is under way, and writes a row for each input:
 * its output, or its error. What ends it early is in the result; what was finished is in the output.
 *
 * @throws ArgumentError for options, an adapter, an input or an output that cannot be worked with. Nothing was sent.
 * @throws Error for an output that cannot be opened. Nothing was sent.
 *
 * @example
 * const { answered, failed } = await run({
 *   adapter: "@batchwise/openai#embeddings",
 *   input: "texts.jsonl",
 *   output: "vectors.jsonl",
 * });
 */
export async function run(options: RunOptions, surroundings: Surroundings = {}): Promise<RunResult> {
  checkOptions(options);
  const { folder = process.cwd(), environment = process.env, stderr = process.stderr } = surroundings;
  const notes = new Notes(stderr, options.quiet === true);
  const chosen = await choose(options, {
    folder,
    environment,
    made: surroundings.runnable,
    onJob: (event) => notes.say(jobText(event)),
  });
  try {
    const output = await chooseOutput(options, folder);
    const task: Task = { options, surroundings, folder, notes, chosen, output, tally: new Tally() };
    checkKeep(task);
    const source = await openSource(task);
    try {
      return await work(task, source);
    } finally {
      source.close();
    }
  } finally {
    notes.close();
    await chosen.close();
  }
}

async function work(task: Task, source: InputSource): Promise<RunResult> {
  const { options, notes } = task;
  const planned = await plan(task, itemsOf(source, selectionOf(task)));
  if (options.estimate === true) return estimate(task, planned.steps);
  const ending =
    options.offline === true
      ? await writeOffline(task, await collected(planned.steps))
      : await writeLive(task, { ...planned, size: source.size });
  const result = resultOf(ending, task);
  if (result.status !== "closed") notes.say(reportOf(result, options));
  return result;
}

/** @throws ArgumentError for an earlier output that is of another input */
async function plan(task: Task, items: AsyncGenerator<Item, void>): Promise<Omit<LiveWork, "size">> {
  const { options, output, tally } = task;
  const { earlier } = output;
  if (earlier === undefined) return { steps: stepsOf(items), rewrites: false };
  if (options.retryFailed !== true && options.offline !== true) {
    await passOver(items, earlier);
    tally.countEarlier(earlier.lines, earlier.failed);
    return { steps: stepsOf(items), rewrites: false };
  }
  // Whether the output is of this input has to be known before anything is sent: the input is read once more.
  const again = await openSource(task);
  try {
    await passOver(itemsOf(again, selectionOf(task)), earlier);
  } finally {
    again.close();
  }
  return { steps: stepsWith(items, earlier, options.retryFailed === true), rewrites: true };
}

async function estimate(task: Task, steps: AsyncIterable<Step>): Promise<RunResult> {
  const { chosen, options, surroundings } = task;
  const { stdout = process.stdout } = surroundings;
  if (chosen.jobs === undefined) {
    const estimated = await estimateSteps(chosen.runnable, steps, dedupeOf(options));
    stdout.write(`${estimateText(estimated)}\n`);
    return estimateResult({ estimate: estimated }, task);
  }
  const jobsEstimate = await chosen.jobs.estimateJobs(inputsOf(await collected(steps)));
  stdout.write(`${jobsText(jobsEstimate)}\n`);
  return estimateResult({ jobsEstimate }, task);
}

function openSource({ options, surroundings, folder }: Task): Promise<InputSource> {
  const { input, format, field, keep = [] } = options;
  return openInput({
    input: input === "-" ? input : path.resolve(folder, input),
    format,
    wanted: field === undefined ? undefined : [field, ...keep],
    stdin: surroundings.stdin ?? process.stdin,
  });
}

function selectionOf({ options, chosen }: Task): Selection {
  const { field, keep = [], limit = Infinity } = options;
  return { kind: chosen.kind, field, keep, limit };
}

/** @throws ArgumentError for a field that would be in the way of the output's own */
function checkKeep({ options, output }: Task): void {
  const own = ownNamesOf(output.format);
  const taken = options.keep?.find((name) => own.includes(name));
  if (taken === undefined) return;
  throw new ArgumentError(`--keep ${taken}: the output has a field of that name. Its own: ${own.join(", ")}.`);
}

async function* stepsOf(items: AsyncIterable<Item>): AsyncGenerator<Step, void> {
  for await (const item of items) yield { item, isDone: false };
}
