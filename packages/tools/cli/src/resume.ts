import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { ArgumentError } from "@batchwise/core";
import { exactJson } from "./inputs/exact-json.ts";
import type { Item, Kept } from "./inputs/items.ts";
import { linesOf } from "./inputs/lines.ts";
import { LINE_BEGINNING } from "./outputs/jsonl-encoder.ts";
import type { Step } from "./step.ts";

/** Point at which an earlier run's output can be resumed. */
export interface ResumePoint {
  readonly file: string;
  /** Count of whole lines. A last line that was cut short does not count. */
  readonly lines: number;
  /** Count of lines with an error. */
  readonly failed: number;
  /** Bytes of the whole lines. */
  readonly end: number;
  /** Fields of the last whole line. */
  readonly last: Kept;
}

/**
 * Reads an output from end to end.
 *
 * @returns undefined where there is none
 * @throws ArgumentError for a file that is not the output of a run
 */
export async function readResumePoint(file: string): Promise<ResumePoint | undefined> {
  if ((await stat(file).catch(() => undefined)) === undefined) return undefined;
  const point = { lines: 0, failed: 0, end: 0 };
  let last = "{}";
  for await (const { bytes, end, number, isWhole } of linesOf(createReadStream(file))) {
    if (!isWhole) break;
    const match = LINE_BEGINNING.exec(bytes.toString("utf8", 0, 40));
    if (Number(match?.[1]) !== point.lines) {
      throw noRow(file, number);
    }
    point.lines++;
    point.end = end;
    if (match?.[2] === "error") point.failed++;
    last = bytes.toString();
  }
  try {
    return { ...point, file, last: (exactJson(last) ?? JSON.parse(last)) as Kept };
  } catch {
    throw noRow(file, point.lines);
  }
}

/**
 * Skips the inputs that an earlier output has.
 *
 * @throws ArgumentError where it is the output of other inputs
 */
export async function skipDone(items: AsyncIterator<Item>, { file, lines, last }: ResumePoint): Promise<void> {
  for (let skipped = 0; skipped < lines; skipped++) {
    const step = await items.next();
    if (step.done === true) throw foreign(file, `${lines} lines for ${skipped} inputs`);
    const { index, kept } = step.value;
    if (index === lines - 1 && Object.entries(kept).some(([name, value]) => !isSame(value, last[name]))) {
      throw foreign(file, `a line ${lines} without the kept fields of its input`);
    }
  }
}

/** Steps of all inputs, with their lines of an earlier output. Those with an error are done again where `retries` is true. */
export async function* resumedSteps(
  items: AsyncIterable<Item>,
  { file, lines }: ResumePoint,
  retries: boolean,
): AsyncGenerator<Step, void> {
  const kept = linesOf(createReadStream(file));
  try {
    for await (const item of items) {
      const next = item.index < lines ? await kept.next() : undefined;
      if (next === undefined || next.done === true) {
        yield { item, isDone: false };
        continue;
      }
      const line = `${next.value.bytes.toString()}\n`;
      yield { item, line, isDone: !(retries && LINE_BEGINNING.exec(line)?.[2] === "error") };
    }
  } finally {
    await kept.return();
  }
}

/** Lines of an earlier output after the first ones. */
export async function* linesFrom({ file, lines }: ResumePoint, first: number): AsyncGenerator<string, void> {
  for await (const { number, bytes } of linesOf(createReadStream(file))) {
    if (number > lines) return;
    if (number > first) yield `${bytes.toString()}\n`;
  }
}

function noRow(file: string, line: number): ArgumentError {
  return new ArgumentError(
    `Expected line ${line} of ${file} to be the row of the input at ${line - 1}, got another. ` +
      "Give another --output, or --overwrite.",
  );
}

function foreign(file: string, got: string): ArgumentError {
  return new ArgumentError(
    `Expected ${file} to be the output of this input, got ${got}. Nothing was sent. Give its own input, or --overwrite.`,
  );
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
