import { createWriteStream } from "node:fs";
import path from "node:path";
import { FileSink } from "./journal/file-sink.ts";
import { fingerprintOf, jobsFingerprintOf } from "./journal/fingerprint.ts";
import type { Journal, JournalChoice } from "./journal/journal.ts";
import type { JobsChoice } from "./journal/left-jobs.ts";
import { folderOf } from "./journal/run-note.ts";
import { openRowFormat } from "./journal/row-format.ts";
import { StreamTarget } from "./outputs/stream-target.ts";
import { Recorder } from "./recorder.ts";
import { JOBS_FOLDER } from "./resolve-adapter.ts";
import type { RowSink } from "./row-sink.ts";
import { StreamSink } from "./stream-sink.ts";
import { shapeOf, type Task } from "./task.ts";

/** Journal of a run's output; undefined for one that is a stream. */
export function journalChoiceOf(task: Task): JournalChoice | undefined {
  const { options, output, adapter } = task;
  const { file, format, isFile } = output;
  if (file === undefined || !isFile) return undefined;
  return {
    file,
    name: options.output ?? file,
    format,
    shape: shapeOf(task),
    fingerprint: fingerprintOf(options, adapter.identity),
    resumes: options.resume === true || options.retryFailed === true,
    retries: options.retryFailed === true,
    overwrites: options.overwrite === true,
    jobs: jobsChoiceOf(task, path.dirname(file)),
  };
}

function jobsChoiceOf({ options, folder }: Task, from: string): JobsChoice {
  const jobs = path.resolve(folder, options.jobs ?? JOBS_FOLDER);
  const hashes = options.offline === true ? jobsFingerprintOf(options, path.relative(from, jobs)) : undefined;
  return { folder: jobs, isNamed: options.jobs !== undefined, options: hashes };
}

/**
 * Opens the output for a run's rows.
 *
 * @param lost aborted where another process writes it
 * @throws ArgumentError for outputs that the format cannot hold; Error for an output that cannot be opened
 */
export async function openRecorder(task: Task, journal: Journal | undefined, lost: AbortSignal): Promise<Recorder> {
  const { options, output, stats, notes, environment } = task;
  const { file } = output;
  if (options.sample !== undefined && file === undefined) {
    return new Recorder(await openRowFormat("jsonl", shapeOf(task)), NOWHERE, stats);
  }
  if (journal === undefined) {
    const { stdout = process.stdout } = environment;
    const stream = file === undefined ? stdout : createWriteStream(file);
    const rowFormat = await openRowFormat(output.format, shapeOf(task));
    return new Recorder(
      rowFormat,
      new StreamSink(new StreamTarget(stream, options.output ?? "standard output", file !== undefined), rowFormat),
      stats,
    );
  }
  const grows = journal.canGrow && options.offline !== true;
  const rowFormat = await openRowFormat(output.format, {
    ...shapeOf(task),
    isContinued: grows && journal.base.rows > 0,
  });
  const { name } = journal.choice;
  if (!grows && options.offline !== true) {
    notes.say(`${name} is made when all rows are there. Until then they are in ${folderOf(name)}: twice the disk.`);
  }
  const onMake = (): void => notes.say(`Making ${name} from its rows.`);
  return new Recorder(
    rowFormat,
    new FileSink(journal, rowFormat, { grows, isStaged: options.offline === true, lost, onMake }),
    stats,
  );
}

/** Sink of rows that are only shown. */
const NOWHERE: RowSink = {
  failed: new AbortController().signal,
  put: () => undefined,
  room: () => undefined,
  save: () => undefined,
  end: async () => undefined,
  close: () => undefined,
};
