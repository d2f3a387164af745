import {
  type BatchOptions,
  bulkRunnable,
  type CallOptions,
  rateLimiter,
  type RequestLimits,
  Runnable,
  type RunnableSettings,
  runnable,
  type RunOptions,
  type StandardSchema,
} from "@batchwise/core";
import type { FakeClock } from "@batchwise/testkit";
import type { Backend } from "./backend.ts";
import type { CallResult, Log } from "./log.ts";
import { type Behavior, type DrawnRequest, type Schedule, tokensOf } from "./schedule.ts";

/** The Runnable and the options that a schedule asks for. */
export interface Subject {
  readonly runnable: Runnable<number, unknown>;
  readonly options: BatchOptions<number, unknown>;
}

/** The caller's two signals. */
export interface Wishes {
  readonly signal: AbortSignal;
  readonly drain: AbortSignal;
}

export function subjectOf(schedule: Schedule, backend: Backend, clock: FakeClock, log: Log, wishes: Wishes): Subject {
  const drawn = schedule.options;
  const here = runOptionsOf(schedule, clock);
  const elsewhere: RunOptions = drawn.requestElsewhere ? { request: requestOf(drawn.requestElsewhere) } : {};
  const [inSettings, inCall] = drawn.place === "settings" ? [here, elsewhere] : [elsewhere, here];
  const settings: RunnableSettings<number, unknown> = {
    ...inSettings,
    ...(schedule.weighed ? weightsOf(schedule) : {}),
  };
  const options: BatchOptions<number, unknown> = {
    ...inCall,
    clock,
    random: randomOf(schedule.seed),
    returnExceptions: schedule.reading === "returnExceptions",
    onFinish: (report) => log.add({ type: "finish", report }),
    ...(schedule.abortAt === undefined ? {} : { signal: wishes.signal }),
    ...(schedule.drainAt === undefined ? {} : { drain: wishes.drain }),
    ...(drawn.maxTokens === undefined ? {} : { maxTokens: drawn.maxTokens }),
    ...(drawn.maxCost === undefined ? {} : { maxCost: drawn.maxCost }),
    ...(drawn.hooks ? hooksOf(log) : {}),
  };
  return { runnable: runnableOf(schedule, backend, settings), options };
}

function runnableOf(
  schedule: Schedule,
  backend: Backend,
  settings: RunnableSettings<number, unknown>,
): Runnable<number, unknown> {
  const report = (inputs: readonly number[], options: CallOptions | undefined): void => {
    const inputTokens = inputs.reduce((sum, key) => sum + tokensOf(schedule, key), 0);
    options?.report?.({ usage: { inputTokens } });
  };
  const one = (input: number, options: CallOptions | undefined): Promise<unknown> => {
    report([input], options);
    return backend.call([input], options?.signal).then((result) => slotsOf(result, [])[0]);
  };
  const many = (inputs: readonly number[], options: CallOptions | undefined): Promise<unknown[]> => {
    report(inputs, options);
    const shape = shapeOf(schedule, inputs);
    const sent = [...inputs];
    const answer = backend.call(sent, options?.signal).then((result) => slotsOf(result, sent, shape));
    if (schedule.greedy) (inputs as number[]).length = 0;
    return answer;
  };
  if (schedule.hook === "invoke") return runnable(one, settings);
  if (schedule.hook === "invokeMany") return bulkRunnable(many, settings);
  return new Overridden(many, one, settings);
}

/** The textbook override: `batch` alone does the work. */
class Overridden extends Runnable<number, unknown> {
  override readonly settings: RunnableSettings<number, unknown>;
  readonly #many: (inputs: readonly number[], options: CallOptions | undefined) => Promise<unknown[]>;
  readonly #one: (input: number, options: CallOptions | undefined) => Promise<unknown>;

  constructor(
    many: (inputs: readonly number[], options: CallOptions | undefined) => Promise<unknown[]>,
    one: (input: number, options: CallOptions | undefined) => Promise<unknown>,
    settings: RunnableSettings<number, unknown>,
  ) {
    super();
    this.#many = many;
    this.#one = one;
    this.settings = settings;
  }

  invoke(input: number, options?: CallOptions): Promise<unknown> {
    return this.#one(input, options);
  }

  override async batch(inputs: number[], options?: CallOptions): Promise<unknown[]> {
    return this.#many(inputs, options);
  }
}

type Shape = Extract<Behavior, { kind: "malformed" }>["shape"];

function shapeOf(schedule: Schedule, inputs: readonly number[]): Shape {
  const distinct = Math.max(1, schedule.distinct);
  for (const [key, behavior] of schedule.behaviors) {
    if (behavior.kind === "malformed" && inputs.includes(key % distinct)) return behavior.shape;
  }
  return "short";
}

function slotsOf(result: CallResult, inputs: readonly number[], shape: Shape = "short"): unknown[] {
  if (result.kind === "answered") {
    return result.slots.map((slot) => (slot.kind === "value" ? slot.value : slot.failure.thrown));
  }
  if (shape === "nothing") return undefined as unknown as unknown[];
  if (shape === "object") return { length: inputs.length } as unknown as unknown[];
  return shape === "long" ? [...inputs, 0] : inputs.slice(1);
}

function weightsOf(schedule: Schedule): RunnableSettings<number, unknown> {
  return {
    weigh: (key) => ({ tokens: tokensOf(schedule, key), bytes: 2 * tokensOf(schedule, key) }),
    price: { perMillionInputTokens: 1_000_000 },
  };
}

function runOptionsOf(schedule: Schedule, clock: FakeClock): RunOptions<number, unknown> {
  const drawn = schedule.options;
  const options: { -readonly [Name in keyof RunOptions<number, unknown>]: RunOptions<number, unknown>[Name] } = {};
  if (drawn.maxConcurrency !== undefined) options.maxConcurrency = drawn.maxConcurrency;
  if (drawn.retry !== undefined) options.retry = drawn.retry === false ? false : present(drawn.retry);
  if (drawn.timeoutMs !== undefined) options.timeoutMs = drawn.timeoutMs;
  if (drawn.maxWaitMs !== undefined) options.maxWaitMs = drawn.maxWaitMs;
  if (drawn.request !== undefined) options.request = requestOf(drawn.request);
  if (drawn.limiter !== undefined) options.limiter = rateLimiter({ ...present(drawn.limiter), clock });
  if (drawn.dedupe !== undefined) options.dedupe = drawn.dedupe === "value" ? true : (key: number) => `key ${key}`;
  if (drawn.schema !== undefined) options.schema = schemaOf(drawn.schema);
  return options;
}

function requestOf(drawn: DrawnRequest): RequestLimits {
  return present(drawn);
}

type Present<Shape> = { [Name in keyof Shape]?: Exclude<Shape[Name], undefined> };

/** Without what is undefined. */
function present<Shape extends object>(options: Shape): Present<Shape> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Present<Shape>;
}

/** Wraps each output as `{ checked }`, and refuses those that say so. */
function schemaOf(kind: "sync" | "async"): StandardSchema<unknown, unknown> {
  const check = (value: unknown): { value: unknown } | { issues: { message: string }[] } => {
    const refused = typeof value === "object" && value !== null && (value as { refused?: unknown }).refused === true;
    return refused ? { issues: [{ message: "refused" }] } : { value: { checked: value } };
  };
  return {
    "~standard": {
      version: 1,
      vendor: "invariants",
      validate: (value) => (kind === "sync" ? check(value) : Promise.resolve(check(value))),
    },
  };
}

function hooksOf(log: Log): BatchOptions<number, unknown> {
  return {
    onProgress: (progress) => log.add({ type: "progress", progress: { ...progress } }),
    onRetry: ({ error, delayMs, inputs }) => log.add({ type: "retry", error, delayMs, inputs }),
    onRequest: ({ inputs }) => log.add({ type: "request", inputs }),
  };
}

/** Numbers from 0 to 1, the same ones for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed % 2_147_483_647 || 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return (state - 1) / 2_147_483_646;
  };
}
