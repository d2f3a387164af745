import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { ArgumentError } from "@batchwise/core";
import type { Item, Kept } from "./inputs/items.ts";
import { linesOf } from "./inputs/lines.ts";
import { LINE_BEGINNING } from "./outputs/jsonl-encoder.ts";
import type { Step } from "./step.ts";

/** What an earlier run has left of its output. */
export interface Earlier {
  readonly file: string;
  /** Whole lines. A last line that was cut short does not count. */
  readonly lines: number;
  /** Lines that hold an error. */
  readonly failed: number;
  /** Bytes of the whole lines. */
  readonly end: number;
  /** What the last whole line holds. */
  readonly last: Kept;
}

/**
 * Reads an output from end to end.
 *
 * @returns undefined where there is none
 * @throws ArgumentError for a file that no run has written
 */
export async function readEarlier(file: string): Promise<Earlier | undefined> {
  if ((await stat(file).catch(() => undefined)) === undefined) return undefined;
  const earlier = { lines: 0, failed: 0, end: 0 };
  let last = "{}";
  for await (const { bytes, end, number, isWhole } of linesOf(createReadStream(file))) {
    if (!isWhole) break;
    const match = LINE_BEGINNING.exec(bytes.toString("utf8", 0, 40));
    if (Number(match?.[1]) !== earlier.lines) {
      throw noRow(file, number);
    }
    earlier.lines++;
    earlier.end = end;
    if (match?.[2] === "error") earlier.failed++;
    last = bytes.toString();
  }
  try {
    return { ...earlier, file, last: JSON.parse(last) as Kept };
  } catch {
    throw noRow(file, earlier.lines);
  }
}

/**
 * Passes the inputs of an earlier output over.
 *
 * @throws ArgumentError where it is not these inputs' output
 */
export async function passOver(items: AsyncIterator<Item>, { file, lines, last }: Earlier): Promise<void> {
  for (let passed = 0; passed < lines; passed++) {
    const step = await items.next();
    if (step.done === true) throw foreign(file, `it has ${lines} lines, and there are ${passed} inputs`);
    const { index, kept } = step.value;
    if (index === lines - 1 && Object.entries(kept).some(([name, value]) => !isSame(value, last[name]))) {
      throw foreign(file, `line ${lines} does not hold what is kept of its input`);
    }
  }
}

/** All inputs, each with its line of an earlier output; lines with an error are to be done again where `retries` says so. */
export async function* stepsWith(
  items: AsyncIterable<Item>,
  { file, lines }: Earlier,
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

/** The lines of an earlier output from one on. */
export async function* linesFrom({ file, lines }: Earlier, first: number): AsyncGenerator<string, void> {
  for await (const { number, bytes } of linesOf(createReadStream(file))) {
    if (number > lines) return;
    if (number > first) yield `${bytes.toString()}\n`;
  }
}

function noRow(file: string, line: number): ArgumentError {
  return new ArgumentError(
    `Line ${line} of ${file} is not the row of the input at ${line - 1}, so no run can go on from it. ` +
      "Give another --output, or --overwrite.",
  );
}

function foreign(file: string, why: string): ArgumentError {
  return new ArgumentError(
    `${file} is not the output of this input: ${why}. Nothing was sent. Give the input that it is of, or --overwrite.`,
  );
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
