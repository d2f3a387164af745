import { ArgumentError } from "@batchwise/core";
import { QueueEngine } from "../engine/queue-engine.ts";
import type { Codec } from "../wire/codec.ts";
import type { Waiting } from "./worker-watch.ts";

/** Options of `distribute`. */
export interface DistributeOptions {
  /** Where the chunks wait: `postgresEngine()` or `pgliteEngine()`. */
  readonly engine: QueueEngine;
  /** The name under which workers know this Runnable. 1 to 100 letters, digits, `_`, `.` and `-`. */
  readonly name: string;
  /** Only workers of the same version take the chunks. The same characters. @default "1" */
  readonly version?: string;
  /**
   * Inputs in a chunk, which one worker works on. A whole number from 1.
   * @default the Runnable's own request size, at most 1,000; 100 where it has none
   */
  readonly chunkSize?: number;
  /** Chunks of a batch that are on the queue or worked on at once; the source is pulled no further. @default 64 */
  readonly maxQueued?: number;
  /**
   * Workers that a chunk is given to in all. When each of them ends before it has answered, the chunk's items fail with
   * a WorkerLostError. A whole number from 1. @default 3
   */
  readonly attempts?: number;
  /**
   * Seconds without a sign of life after which a worker counts as gone and its chunk goes to another, which takes up to
   * 5 more. A Runnable that blocks its event loop for longer is taken for dead. A whole number from 1. @default 10
   */
  readonly heartbeatSeconds?: number;
  /**
   * A name for the batch. A submitter that starts again with the same name finds the inputs that have been worked on or
   * are on their way, by their content, and sends only the others. Results stay until `forget()` or `keepForMs`.
   * @default none: nothing is kept
   */
  readonly batchId?: string;
  /** Milliseconds that a batch is kept after its submitter was last there. @default 7 days */
  readonly keepForMs?: number;
  /** Milliseconds without any worker after which what waits fails with a NoWorkerError. @default 60_000 */
  readonly noWorkerMs?: number;
  /** Called every few seconds while chunks wait and no worker is there. */
  readonly onWaiting?: (waiting: Waiting) => void;
  /** How inputs and outputs become bytes; workers need the same. @default Node's structured clone */
  readonly codec?: Codec;
}

const CHECKS: Readonly<
  Record<keyof DistributeOptions, readonly [expected: string, holds: (value: unknown) => boolean]>
> = {
  engine: ["postgresEngine() or pgliteEngine()", (value) => value instanceof QueueEngine],
  name: ["a text", isText],
  version: ["a text", isText],
  chunkSize: ["a whole number from 1", isCount],
  maxQueued: ["a whole number from 1", isCount],
  attempts: ["a whole number from 1", isCount],
  heartbeatSeconds: ["a whole number from 1", isCount],
  batchId: ["a text that is not empty", (value) => isText(value) && value !== ""],
  keepForMs: ["a number of milliseconds above 0", isTime],
  noWorkerMs: ["a number of milliseconds above 0", isTime],
  onWaiting: ["a function", (value) => typeof value === "function"],
  codec: ["an object with encode and decode", isCodec],
};

/** @throws ArgumentError for an option that there is none of, or that holds what it cannot. */
export function checkOptions(options: DistributeOptions): void {
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(CHECKS, name)) {
      throw new ArgumentError(
        `${name}: no such option of distribute. Known options: ${Object.keys(CHECKS).join(", ")}.`,
      );
    }
    const [expected, holds] = CHECKS[name as keyof DistributeOptions];
    if (value !== undefined && !holds(value)) {
      throw new ArgumentError(`${name}: expected ${expected}, got a value of type ${typeof value}.`);
    }
  }
  if (options.engine === undefined) throw new ArgumentError("engine: expected postgresEngine() or pgliteEngine().");
}

export function isCodec(value: unknown): value is Codec {
  const { encode, decode } = (value ?? {}) as Partial<Codec>;
  return typeof encode === "function" && typeof decode === "function";
}

export function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

function isTime(value: unknown): boolean {
  return typeof value === "number" && value > 0;
}
