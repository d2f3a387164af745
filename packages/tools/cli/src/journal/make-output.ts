import { chmodSync, renameSync, statSync } from "node:fs";
import path from "node:path";
import { setImmediate } from "node:timers/promises";
import { AppendFile } from "./append-file.ts";
import { type BaseRow, baseRows } from "./base-rows.ts";
import type { Journal } from "./journal.ts";
import { folderOf } from "./run-note.ts";
import { openRowFormat, type RowFormat } from "./row-format.ts";

/** Rows after which other work has its turn. */
const ROWS_A_TURN = 1000;

/**
 * Makes the output from the rows that are there and those in parts, and has it replace what was there. Killed at any
 * moment, the old output or the new one is there, whole, and the parts until the new one is.
 *
 * @throws the signal's reason; the system's error, as of a full disk
 */
export async function makeOutput(journal: Journal, format: RowFormat, signal: AbortSignal | undefined): Promise<void> {
  const { file, fingerprint } = journal.choice;
  const made = path.join(folderOf(file), "output");
  const output = new AppendFile(made, "w");
  try {
    let rows = 0;
    for await (const line of linesOf(journal)) {
      const chunk = format.chunk(line);
      if (chunk !== undefined) output.append(chunk);
      if (++rows % ROWS_A_TURN === 0) {
        await setImmediate();
        signal?.throwIfAborted();
      }
    }
    const last = format.end();
    if (last !== undefined) output.append(last);
    output.sync();
  } finally {
    output.close();
  }
  const mode = statSync(file, { throwIfNoEntry: false })?.mode;
  if (mode !== undefined) chmodSync(made, mode);
  renameSync(made, file);
  journal.note({ replaces: false, retries: false, fingerprint });
  journal.parts.clear();
}

async function* linesOf({ choice, base: { rows }, parts, end }: Journal): AsyncGenerator<string, void> {
  const { format, shape } = choice;
  // A format of its own: that of the output would hold back these rows.
  const before = rows > 0 ? baseRows(choice, await openRowFormat(format, shape)) : undefined;
  for (let index = 0; index < end; index++) {
    const old: BaseRow | undefined = index < rows ? ((await before?.next())?.value ?? undefined) : undefined;
    const line = parts.get(index) ?? old?.line;
    if (line === undefined) throw new Error(`Expected a row for the input at ${index}, got none. Start it again.`);
    yield line;
  }
  await before?.return();
}
