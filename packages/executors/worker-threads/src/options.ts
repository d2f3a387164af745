import { availableParallelism } from "node:os";
import type { ResourceLimits, SHARE_ENV } from "node:worker_threads";
import { ArgumentError, type Clock, systemClock } from "@batchwise/core";
import { requireKnown, show } from "@batchwise/core/wrappers";
import { isCloneable } from "./transfer.ts";

/** Options of `threadPool`. */
export interface ThreadPoolOptions {
  /** Most threads; they start when they are first needed. A whole number from 1. @default os.availableParallelism() */
  readonly threads?: number;
  /**
   * Inputs of a message. A whole number from 1. A message costs about 0.1 ms; its inputs share a thread. So 1 spreads even
   * a few inputs over all threads; use more for inputs that take less than a millisecond, and for a Runnable that works
   * on many inputs at once. With `transferInputs`, more than 1 fails the neighbors of a crash.
   * @default 1
   */
  readonly chunk?: number;
  /** Value for the `setup` of `defineWorker` in every thread. Anything that `structuredClone` takes. */
  readonly workerData?: unknown;
  /**
   * Moves the inputs' ArrayBuffers and MessagePorts to the thread instead of copying them. The caller's buffers are
   * detached (their length becomes 0), and the items of a crashed thread cannot be tried again. @default false
   */
  readonly transferInputs?: boolean;
  /**
   * Moves the outputs' ArrayBuffers and MessagePorts to the caller instead of copying them. The worker must not keep
   * or return a buffer twice. @default false
   */
  readonly transferOutputs?: boolean;
  /**
   * Milliseconds that a thread has, after an abort, to end its task by itself before it is ended with all that it has
   * loaded. The caller never waits for it. From 0. @default 100
   */
  readonly graceMs?: number;
  /** Memory of each thread, as `node:worker_threads` takes it. A thread that exceeds it counts as crashed. */
  readonly resourceLimits?: ResourceLimits;
  /** Node's flags for the threads, instead of the process's own. */
  readonly execArgv?: readonly string[];
  /** Environment of the threads. @default a copy of process.env */
  readonly env?: Readonly<Record<string, string>> | typeof SHARE_ENV;
  /** Time, for tests. @default the machine's clock */
  readonly clock?: Clock;
}

/** Options with every default filled in. */
export type FilledOptions = Required<Pick<ThreadPoolOptions, "threads" | "chunk" | "graceMs" | "clock">> &
  Omit<ThreadPoolOptions, "threads" | "chunk" | "graceMs" | "clock"> & {
    readonly transferInputs: boolean;
    readonly transferOutputs: boolean;
  };

/** @throws ArgumentError when an option is unknown or has a wrong value. */
export function fillOptions(options: ThreadPoolOptions): FilledOptions {
  requireKnown("threadPool", options, Object.keys(CHECKS));
  for (const [name, value] of Object.entries(options)) {
    const { expected, holds } = CHECKS[name as keyof ThreadPoolOptions];
    if (value === undefined || holds(value)) continue;
    throw new ArgumentError(`Expected \`${name}\` to be ${expected}, got ${show(value)}.`);
  }
  return {
    ...options,
    threads: options.threads ?? availableParallelism(),
    chunk: options.chunk ?? 1,
    graceMs: options.graceMs ?? 100,
    clock: options.clock ?? systemClock,
    transferInputs: options.transferInputs ?? false,
    transferOutputs: options.transferOutputs ?? false,
  };
}

interface Check {
  readonly expected: string;
  readonly holds: (value: unknown) => boolean;
}

const wholeNumber: Check = {
  expected: "a whole number from 1",
  holds: (value) => Number.isSafeInteger(value) && (value as number) >= 1,
};
const flag: Check = { expected: "true or false", holds: (value) => typeof value === "boolean" };
const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

const CHECKS: Readonly<Record<keyof ThreadPoolOptions, Check>> = {
  threads: wholeNumber,
  chunk: wholeNumber,
  workerData: {
    expected: "something that structuredClone takes (plain data, buffers, Maps, Sets; no functions)",
    holds: (value) => isCloneable(value),
  },
  transferInputs: flag,
  transferOutputs: flag,
  graceMs: {
    expected: "a number of milliseconds from 0",
    holds: (value) => typeof value === "number" && value >= 0,
  },
  resourceLimits: {
    expected: "an object of positive numbers, such as { maxOldGenerationSizeMb: 256 }",
    holds: (value) => isObject(value) && Object.values(value).every((each) => typeof each === "number" && each > 0),
  },
  execArgv: {
    expected: 'an array of flags, such as ["--enable-source-maps"]',
    holds: (value) => Array.isArray(value) && value.every((each) => typeof each === "string"),
  },
  env: {
    expected: "an object of strings, or SHARE_ENV of node:worker_threads",
    holds: (value) =>
      typeof value === "symbol" ||
      (isObject(value) && Object.values(value).every((each) => typeof each === "string" || each === undefined)),
  },
  clock: {
    expected: "an object with now() and after()",
    holds: (value) => isObject(value) && "now" in value && "after" in value,
  },
};
