import { existsSync } from "node:fs";
import path from "node:path";
import { systemClock } from "@batchwise/core";
import { cannotWrite } from "../outputs/stream-target.ts";
import type { Task } from "../task.ts";
import { Journal, type JournalChoice } from "./journal.ts";
import { folderOf } from "./run-note.ts";
import { takeLock } from "./take-lock.ts";

/**
 * Works with the journal of an output that no other process writes meanwhile. Its folder goes where no row is open or
 * failed.
 *
 * @throws ArgumentError of `Journal.read`; Error where the folder cannot be made; the reason of a stop while it waits
 */
export async function holdJournal<T>(
  choice: JournalChoice,
  { environment, notes }: Task,
  use: (journal: Journal, lost: AbortSignal) => Promise<T>,
): Promise<T> {
  const { drain, signal, clock = systemClock } = environment;
  const { file, name } = choice;
  const folder = folderOf(file);
  const lost = new AbortController();
  const stop = AbortSignal.any([drain, signal].filter((each) => each !== undefined));
  const lock = await takeLock(folder, {
    clock,
    signal: stop,
    onWait: (holder) => notes.say(`Waiting for ${holder}, which writes ${name}.`),
    onLost: () =>
      lost.abort(new Error(`Expected to be the only writer of ${name}, got another one. Stop one of them.`)),
  }).catch((error: unknown) => {
    throw stop.aborted ? stop.reason : cannotWrite(name, error);
  });
  let journal: Journal | undefined;
  try {
    journal = await Journal.read(choice);
    return await use(journal, lost.signal);
  } finally {
    journal?.close();
    const keeps = journal?.keeps ?? existsSync(path.join(folder, "run.json"));
    // On a full disk it cannot be given back. The run says so itself, and a lock of a process that has ended is free.
    if (!lost.signal.aborted) await (keeps ? lock.release().catch(() => undefined) : lock.discard());
  }
}
