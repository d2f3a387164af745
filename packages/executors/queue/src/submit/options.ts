import { BACKEND, QueueBackend, requireBackend } from "../backend/queue-backend.ts";
import { optionError, requireOptions } from "../option-error.ts";
import type { Codec } from "../wire/codec.ts";
import type { Waiting } from "./worker-watch.ts";

/** Options of `distribute`. */
export interface DistributeOptions {
  /** Database of the queue: `postgresBackend()` or `pgliteBackend()`. */
  readonly backend: QueueBackend;
  /** Name by which workers know this Runnable. 1 to 100 letters, digits, `_`, `.` and `-`. */
  readonly name: string;
  /** Version of the Runnable: only workers of the same one take the chunks. The same characters. @default "1" */
  readonly version?: string;
  /**
   * Inputs of a chunk, which one worker works on. A whole number from 1.
   * @default the Runnable's own request size, at most 1,000; 100 where it has none
   */
  readonly chunkSize?: number;
  /** Chunks of a batch on the queue or with workers at once; the source is pulled no further. @default 64 */
  readonly maxQueued?: number;
  /**
   * Workers that a chunk is given to. When each of them ends before it has answered, the chunk's items fail with a
   * WorkerLostError. A whole number from 1. @default 3
   */
  readonly attempts?: number;
  /**
   * Seconds without a heartbeat after which a worker counts as gone and its chunk goes to another one, up to 5 seconds
   * later. So does a Runnable that blocks its event loop for longer. A whole number from 1. @default 10
   */
  readonly heartbeatSeconds?: number;
  /**
   * Name of the batch. A submitter that starts again with the same name finds inputs that are done or on their way, by
   * their content, and sends only the others. Results stay until `forget()` or `keepForMs`.
   * @default none: nothing is kept
   */
  readonly batchId?: string;
  /** Milliseconds that a batch is kept after its submitter was last active. @default 7 days */
  readonly keepForMs?: number;
  /** Milliseconds without a worker after which waiting chunks fail with a NoWorkerError. @default 60_000 */
  readonly noWorkerMs?: number;
  /** Called every few seconds while chunks wait and there is no worker. */
  readonly onWaiting?: (waiting: Waiting) => void;
  /** Codec of inputs and outputs; workers need the same. @default Node's structured clone */
  readonly codec?: Codec;
}

const CHECKS: Readonly<
  Record<keyof DistributeOptions, readonly [expected: string, holds: (value: unknown) => boolean]>
> = {
  backend: [BACKEND, (value) => value instanceof QueueBackend],
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

/** @throws ArgumentError for an option that is unknown or has a wrong value. */
export function checkOptions(options: DistributeOptions): void {
  requireOptions("distribute", options, Object.keys(CHECKS));
  for (const [name, value] of Object.entries(options)) {
    const [expected, holds] = CHECKS[name as keyof DistributeOptions];
    if (value !== undefined && !holds(value)) throw optionError(name, expected, value);
  }
  requireBackend(options.backend);
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
