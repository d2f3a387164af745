import {
  type Adapter,
  type AdapterKinds,
  autoBatch,
  type BatchOptions,
  bulkRunnable,
  type CallOptions,
  type Completed,
  type Estimate,
  InputError,
  type Inputs,
  isRunnable,
  ProviderError,
  rateLimiter,
  type RateLimiter,
  Runnable,
  runnable,
  type RunnableLike,
  type StandardSchema,
  withConfig,
  withFallbacks,
  withRetry,
} from "@batchwise/core";
import { describe, expectTypeOf, it } from "vitest";

const length = runnable(async (text: string) => text.length);
const lengths = bulkRunnable(async (texts: readonly string[]) => texts.map((text) => text.length));

describe("batch", () => {
  it("gives outputs, and Errors beside them only with returnExceptions", () => {
    expectTypeOf(length).toEqualTypeOf<Runnable<string, number>>();
    expectTypeOf(length.batch(["a"])).resolves.toEqualTypeOf<number[]>();
    expectTypeOf(length.batch(["a"], {})).resolves.toEqualTypeOf<number[]>();
    expectTypeOf(length.batch(["a"], { returnExceptions: false })).resolves.toEqualTypeOf<number[]>();
    expectTypeOf(length.batch(["a"], { returnExceptions: true })).resolves.toEqualTypeOf<(number | Error)[]>();
    expectTypeOf(length.batch(["a"], {} as BatchOptions<string, number>)).resolves.toEqualTypeOf<(number | Error)[]>();
  });

  it("takes any iterable of inputs, and nothing else", () => {
    const options: BatchOptions<string, number> = { maxConcurrency: 3 };
    expectTypeOf(length.batch(["a"].values(), options)).resolves.toEqualTypeOf<(number | Error)[]>();
    void length.batch(new Set(["a"]));
    void length.batch((function* (): Generator<string> {})());
    void length.batch((async function* (): AsyncGenerator<string> {})());
    void length.batch(new ReadableStream<string>());
    // @ts-expect-error a number is no input of this Runnable
    void length.batch([1]);
    // @ts-expect-error a single input is no batch
    void length.batch(5);
    // @ts-expect-error a misspelt option is refused
    void length.batch(["a"], { maxConcurency: 3 });
    // @ts-expect-error retry takes options or false
    void length.batch(["a"], { retry: true });
  });

  it("completed outcomes narrow on their status", () => {
    expectTypeOf(length.batchInOrder(["a"])).toExtend<AsyncIterableIterator<Completed<string, number>>>();
    const narrow = (outcome: Completed<string, number>): void => {
      expectTypeOf(outcome.input).toEqualTypeOf<string>();
      if (outcome.status === "fulfilled") expectTypeOf(outcome.value).toEqualTypeOf<number>();
      else expectTypeOf(outcome.reason).toEqualTypeOf<Error>();
      // @ts-expect-error a value is there only once the status says so
      void outcome.value;
    };
    expectTypeOf(narrow).returns.toBeVoid();
    expectTypeOf(length.estimate(["a"])).toEqualTypeOf<Estimate>();
  });
});

describe("composition", () => {
  it("pipe checks that the output of one is an input of the next", () => {
    const shout = runnable(async (count: number) => "!".repeat(count));
    expectTypeOf(length.pipe(shout)).toEqualTypeOf<Runnable<string, string>>();
    expectTypeOf(lengths.pipe(shout).pipe(length)).toEqualTypeOf<Runnable<string, number>>();
    // @ts-expect-error a number is no input of length
    length.pipe(length);
    const like: RunnableLike<number, Date> = { invoke: async (input) => new Date(input) };
    expectTypeOf(length.pipe(like)).toEqualTypeOf<Runnable<string, Date>>();
  });

  it("a RunnableLike takes no narrower inputs and gives no wider outputs", () => {
    const narrow: RunnableLike<"a", number> = length;
    expectTypeOf(narrow).toExtend<RunnableLike<"a", number | string>>();
    // @ts-expect-error it takes only strings
    const wide: RunnableLike<string | number, number> = length;
    void wide;
  });

  it("wrappers keep both types", () => {
    expectTypeOf(withRetry(length, { attempts: 3 })).toEqualTypeOf<Runnable<string, number>>();
    expectTypeOf(withConfig(lengths, { maxConcurrency: 3 })).toEqualTypeOf<Runnable<string, number>>();
    expectTypeOf(withFallbacks(length, [lengths])).toEqualTypeOf<Runnable<string, number>>();
    // @ts-expect-error fallbacks are a list
    void (() => withFallbacks(length, length));
    // @ts-expect-error retry options are an object
    void (() => withRetry(length, 3));
    // @ts-expect-error there is one object of options
    void (() => length.batch(["a"], {}, { returnExceptions: true }));
    expectTypeOf(rateLimiter({ requestsPerMinute: 3 })).toEqualTypeOf<RateLimiter>();
  });
});

describe("authors", () => {
  it("the textbook override of batch compiles", () => {
    class Embeddings extends Runnable<string, number[]> {
      async invoke(text: string): Promise<number[]> {
        return [text.length];
      }
      override async batch(texts: string[]): Promise<number[][]> {
        return texts.map((text) => [text.length]);
      }
    }
    expectTypeOf<Embeddings>().toExtend<Runnable<string, number[]>>();
  });

  it("an override that takes what the contract promises compiles too, and so does invokeMany", () => {
    class Own extends Runnable<string, number> {
      async invoke(text: string, _options?: CallOptions): Promise<number> {
        return text.length;
      }
      override async invokeMany(texts: readonly string[], options: CallOptions): Promise<(number | Error)[]> {
        expectTypeOf(options.signal).toEqualTypeOf<AbortSignal | undefined>();
        return texts.map((text) => text.length);
      }
      override async batch(inputs: Inputs<string>, options?: BatchOptions<string, number>): Promise<number[]> {
        return (await super.batch(inputs, options)) as number[];
      }
    }
    expectTypeOf<Own>().toExtend<Runnable<string, number>>();
  });

  it("settings know the input, a schema fixes the output", () => {
    runnable(async (text: string) => text.length, {
      weigh: (text) => {
        expectTypeOf(text).toEqualTypeOf<string>();
        return { tokens: text.length };
      },
    });
    const schema = {} as StandardSchema<unknown, number>;
    expectTypeOf(length.batch(["a"], { schema, dedupe: (text) => text.trim() })).resolves.toEqualTypeOf<number[]>();
    // @ts-expect-error the schema gives strings where numbers are promised
    void length.batch(["a"], { schema: {} as StandardSchema<unknown, string> });
  });

  it("guards narrow", () => {
    expectTypeOf(isRunnable).guards.toEqualTypeOf<Runnable<unknown, unknown>>();
    const waitOf = (error: unknown) => (ProviderError.isInstance(error) ? error.retryAfterMs : "no provider's");
    expectTypeOf(waitOf).returns.toEqualTypeOf<number | "no provider's" | undefined>();
  });

  it("a provider's error must say whether it is retryable", () => {
    // @ts-expect-error retryable is missing
    const silent = new ProviderError("Busy.", { status: 503 });
    expectTypeOf(silent.retryable).toEqualTypeOf<boolean>();
  });

  it("a Runnable whose outputs have more fields fits one with fewer", () => {
    interface Answer {
      readonly text: string;
      readonly finishReason: "stop" | "length";
    }
    const chat = {} as Runnable<string, Answer>;
    expectTypeOf(chat).toExtend<Runnable<string, { readonly text: string }>>();
    expectTypeOf(chat).toExtend<AdapterKinds["chat"]>();
    const adapter: Adapter<"chat"> = { name: "chat", kind: "chat", description: "", options: {}, create: () => chat };
    expectTypeOf(adapter.create({})).toExtend<Runnable<string, { readonly text: string }>>();
    // @ts-expect-error the text is missing
    const silent: AdapterKinds["chat"] = {} as Runnable<string, { readonly finishReason: string }>;
    void silent;
  });

  it("bulkRunnable takes a function of a mutable array as well", () => {
    const sorted = bulkRunnable(async (texts: string[]) => texts.map((text) => text.length));
    expectTypeOf(sorted).toEqualTypeOf<Runnable<string, number>>();
    expectTypeOf(lengths).toEqualTypeOf<Runnable<string, number>>();
  });
});

describe("options that may be undefined", () => {
  it("every option may be given as undefined, which is the same as left out", () => {
    const maybe = {} as { readonly signal?: AbortSignal; readonly limiter?: RateLimiter; readonly ms?: number };
    const { signal, limiter, ms } = maybe;
    void length.invoke("a", { signal });
    const retry = { attempts: 3, minDelayMs: ms, maxRetryAfterMs: ms };
    const options = { signal, drain: signal, timeoutMs: ms, maxCost: ms, limiter, retry, onProgress: undefined };
    expectTypeOf(length.batch(["a"], options)).resolves.toEqualTypeOf<number[]>();
    expectTypeOf(length.batchAsCompleted(["a"], { signal, request: { maxInputs: ms } })).not.toBeAny();
    expectTypeOf(withConfig(length, { maxConcurrency: ms, limiter })).toEqualTypeOf<Runnable<string, number>>();
    expectTypeOf(rateLimiter({ requestsPerMinute: ms })).toEqualTypeOf<RateLimiter>();
    expectTypeOf(autoBatch(length, { maxWaitMs: ms })).toEqualTypeOf<Runnable<string, number>>();
    expectTypeOf(new InputError("Empty.", { position: ms })).toEqualTypeOf<InputError>();
    expectTypeOf(new ProviderError("Busy.", { retryable: true, status: ms })).toEqualTypeOf<ProviderError>();
  });
});
