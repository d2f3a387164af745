import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable, Writable } from "node:stream";
import type { Runnable } from "@batchwise/core";
import { onTestFinished } from "vitest";
import { run, type RunOptions, type RunResult, type RunEnvironment } from "../index.ts";

/** Makes a folder with these files, which is removed after the test. */
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

/** Stream that keeps its text. */
export class Memory extends Writable {
  text = "";

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** Result and texts of a run. */
export interface Ran {
  readonly result: RunResult;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts a run in this process, with a Runnable instead of an adapter. */
export async function start(
  folder: string,
  // oxlint-disable-next-line typescript/no-explicit-any -- of any input and output
  runnable: Runnable<any, any>,
  options: Partial<RunOptions> = {},
  environment: RunEnvironment & { readonly kind?: string; readonly typed?: string } = {},
): Promise<Ran> {
  const { kind = "embeddings", typed, ...others } = environment;
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

/** Rows of a JSONL text. */
export function rowsOf(text: string): Row[] {
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Row);
}

/** Rows of a JSONL file. */
export async function rowsIn(folder: string, file: string = "out.jsonl"): Promise<Row[]> {
  return rowsOf(await readFile(path.join(folder, file), "utf8"));
}

/** Line of the output. */
export interface Row {
  readonly index: number;
  readonly output?: unknown;
  readonly error?: { readonly code: string; readonly message: string; readonly status?: number };
  readonly [kept: string]: unknown;
}

/** Texts, a JSON line each. */
export function textLines(count: number, textOf: (index: number) => string = (index) => `text ${index}`): string {
  return Array.from({ length: count }, (_, index) => `${JSON.stringify(textOf(index))}\n`).join("");
}
