import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable, Writable } from "node:stream";
import type { Runnable } from "@batchwise/core";
import { onTestFinished } from "vitest";
import { run, type RunOptions, type RunResult, type Surroundings } from "../index.ts";

/** A folder with these files, removed after the test. */
export async function temporaryFolder(files: Readonly<Record<string, string | Uint8Array>> = {}): Promise<string> {
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), "cli-")));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  }
  return folder;
}

/** A stream that keeps what is written. */
export class Memory extends Writable {
  text = "";

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** What a run left. */
export interface Ran {
  readonly result: RunResult;
  readonly stdout: string;
  readonly stderr: string;
}

/** A run in this process, with a Runnable in place of an adapter. */
export async function start(
  folder: string,
  // oxlint-disable-next-line typescript/no-explicit-any -- of whatever to whatever
  runnable: Runnable<any, any>,
  options: Partial<RunOptions> = {},
  surroundings: Surroundings & { readonly kind?: string; readonly typed?: string } = {},
): Promise<Ran> {
  const { kind = "embeddings", typed, ...others } = surroundings;
  const stdout = new Memory();
  const stderr = new Memory();
  const result = await run(
    { adapter: "fake#adapter", input: "in.jsonl", ...options },
    {
      folder,
      stdout,
      stderr,
      runnable: { kind, runnable },
      ...(typed !== undefined && { stdin: Readable.from([Buffer.from(typed)]) }),
      ...others,
    },
  );
  return { result, stdout: stdout.text, stderr: stderr.text };
}

/** The rows of a JSONL text. */
export function rowsOf(text: string): Row[] {
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Row);
}

/** The rows of a JSONL file. */
export async function rowsIn(folder: string, file: string = "out.jsonl"): Promise<Row[]> {
  return rowsOf(await readFile(path.join(folder, file), "utf8"));
}

/** A line of the output. */
export interface Row {
  readonly index: number;
  readonly output?: unknown;
  readonly error?: { readonly code: string; readonly message: string; readonly status?: number };
  readonly [kept: string]: unknown;
}

/** `count` texts, a JSON line each. */
export function textLines(count: number, textOf: (index: number) => string = (index) => `text ${index}`): string {
  return Array.from({ length: count }, (_, index) => `${JSON.stringify(textOf(index))}\n`).join("");
}
