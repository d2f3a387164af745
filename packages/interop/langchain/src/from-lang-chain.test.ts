import { ArgumentError, InputError, rateLimiter, TimeoutError } from "@batchwise/core";
import { type Emulator, startEmulator } from "@batchwise/emulator";
import { StringOutputParser } from "@langchain/core/output_parsers";
import { ChatPromptTemplate } from "@langchain/core/prompts";
import { type RunnableConfig, RunnableLambda } from "@langchain/core/runnables";
import { AsyncCaller } from "@langchain/core/utils/async_caller";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import { ChatOpenAI } from "@langchain/openai";
import { failureOf } from "@batchwise/testkit";
import { describe, expect, test } from "vitest";
import { fromLangChain } from "./index.ts";

/** A Runnable of theirs that notes the config of each call. */
function noting(): { readonly configs: RunnableConfig[]; readonly theirs: RunnableLambda<string, string> } {
  const configs: RunnableConfig[] = [];
  const theirs = new RunnableLambda({
    func: async (text: string, config: RunnableConfig) => {
      configs.push(config);
      return text;
    },
  });
  return { configs, theirs };
}

function chatModel(emulator: Emulator, more: { maxRetries?: number } = {}): ChatOpenAI {
  return new ChatOpenAI({
    apiKey: "key",
    model: "gpt-5-mini",
    configuration: { baseURL: emulator.openaiBaseURL },
    ...more,
  });
}

describe("what a call of theirs gets", () => {
  test("the config of the options reaches it", async () => {
    const { configs, theirs } = noting();
    const config = { tags: ["a"], metadata: { run: 7 }, configurable: { user: "u" }, maxConcurrency: 3 };
    await fromLangChain(theirs, { config }).batch(["x"]);
    expect(configs[0]).toMatchObject({ ...config, metadata: { run: 7 } });
  });

  test("callbacks of the config are told of each run", async () => {
    const told: string[] = [];
    const callbacks = [{ handleChainEnd: () => void told.push("end"), awaitHandlers: true }] as never;
    await fromLangChain(noting().theirs, { config: { callbacks } }).batch(["x", "y"]);
    expect(told).toEqual(["end", "end"]);
  });

  test("P12 the signal of the batch is aborted in it, and that of the config too", async () => {
    const signals: (AbortSignal | undefined)[] = [];
    const theirs = new RunnableLambda({
      func: (text: string, { signal }: RunnableConfig) => {
        signals.push(signal);
        return new Promise<string>((resolve) => {
          if (text === "quick") resolve(text);
        });
      },
    });
    const own = new AbortController();
    const controller = new AbortController();
    const chain = fromLangChain(theirs, { config: { signal: own.signal } });
    await chain.batch(["quick"]);
    const run = chain.batch(["x"], { signal: controller.signal });
    const reason = new Error("enough");
    const failure = failureOf(run);
    await expect.poll(() => signals.length).toBe(2);
    controller.abort(reason);
    expect(await failure).toBe(reason);
    expect(signals[1]?.aborted).toBe(true);
    own.abort();
    expect(signals[0]?.aborted).toBe(true);
  });

  test("the config's timeout is theirs, and a TimeoutError of ours", async () => {
    const theirs = new RunnableLambda({ func: () => new Promise<string>(() => {}) });
    const error = await failureOf(fromLangChain(theirs, { config: { timeout: 1 } }).invoke("x"));
    expect(TimeoutError.isInstance(error)).toBe(true);
    expect(error.retryable).toBe(true);
  });

  test("outputs that look like nothing are outputs", async () => {
    const theirs = new RunnableLambda({ func: async (value: number) => [0, "", false, null][value] });
    expect(await fromLangChain(theirs).batch([0, 1, 2, 3])).toEqual([0, "", false, null]);
  });
});

describe("P25 retries do not multiply", () => {
  test("a model of theirs is called as often as ours says", async () => {
    await using emulator = await startEmulator({ faults: { serverErrorRate: 1 } });
    const chat = fromLangChain(chatModel(emulator), { retry: { attempts: 2, minDelayMs: 1 } });
    const [slot] = await chat.batch(["x"], { returnExceptions: true });
    expect(slot).toMatchObject({ code: "provider_error", retryable: true });
    expect(emulator.stats().requests).toBe(2);
  });

  test("so is one inside of a chain", async () => {
    await using emulator = await startEmulator({ faults: { serverErrorRate: 1 } });
    const chain = ChatPromptTemplate.fromTemplate("{text}").pipe(chatModel(emulator)).pipe(new StringOutputParser());
    const ours = fromLangChain(chain, { retry: { attempts: 2, minDelayMs: 1 } });
    await ours.batch([{ text: "x" }], { returnExceptions: true });
    expect(emulator.stats().requests).toBe(2);
  });

  test("a model that retries in its caller alone makes one call", async () => {
    let calls = 0;
    class Flaky extends FakeListChatModel {
      override caller = new AsyncCaller({ maxRetries: 5 });
      override async _generate(): Promise<never> {
        return this.caller.callWithOptions({}, async (): Promise<never> => {
          calls++;
          throw Object.assign(new Error("Busy."), { status: 503 });
        });
      }
    }
    const theirs = new Flaky({ responses: ["a"] });
    await failureOf(fromLangChain(theirs).invoke("x"));
    expect(calls).toBe(1);
    expect((theirs.caller as unknown as { maxRetries: number }).maxRetries).toBe(5);
  });

  test("with retry: false theirs retries as it is set up", async () => {
    await using emulator = await startEmulator({ faults: { serverErrorRate: 1 } });
    const chat = fromLangChain(chatModel(emulator, { maxRetries: 1 }), { retry: false });
    await chat.batch(["x"], { returnExceptions: true });
    expect(emulator.stats().requests).toBe(2);
  });
});

describe("usage", () => {
  test("of a model is reported, and adds up", async () => {
    await using emulator = await startEmulator({});
    const reports: unknown[] = [];
    const chat = fromLangChain(chatModel(emulator));
    await chat.batch(["one", "two"], { onFinish: ({ usage }) => reports.push(usage) });
    expect(reports).toEqual([
      {
        inputTokens: expect.any(Number),
        cachedInputTokens: 0,
        outputTokens: expect.any(Number),
        totalTokens: expect.any(Number),
        cost: 0,
      },
    ]);
    expect((reports[0] as { inputTokens: number }).inputTokens).toBeGreaterThan(0);
    expect((reports[0] as { outputTokens: number }).outputTokens).toBeGreaterThan(0);
  });

  test("of a model deep in a chain is reported, beside callbacks of the caller's own", async () => {
    await using emulator = await startEmulator({});
    const chain = ChatPromptTemplate.fromTemplate("{text}").pipe(chatModel(emulator)).pipe(new StringOutputParser());
    let tokens = 0;
    let ends = 0;
    const config = { callbacks: [{ handleLLMEnd: () => void ends++, awaitHandlers: true }] as never };
    const ours = fromLangChain<{ text: string }, string>(chain, { config });
    const answers = await ours.batch([{ text: "hi" }], { onFinish: ({ usage }) => (tokens = usage.totalTokens) });
    expect(answers).toEqual(["Echo: hi"]);
    expect(tokens).toBeGreaterThan(0);
    expect(ends).toBe(1);
  });

  test("P28 a call that was refused counts as nothing used", async () => {
    await using emulator = await startEmulator({ faults: { badInput: { marker: "x" } } });
    const usages: unknown[] = [];
    const chat = fromLangChain(chatModel(emulator));
    await chat.batch(["x"], { returnExceptions: true, onRequest: ({ usage }) => usages.push(usage) });
    expect(usages).toEqual([{ inputTokens: 0, outputTokens: 0 }]);
  });

  test("P9 a model that tells nothing makes no NaN", async () => {
    const chat = fromLangChain(new FakeListChatModel({ responses: ["a"] }));
    let used: unknown;
    await chat.batch(["x", "y"], { onFinish: ({ usage }) => (used = usage) });
    expect(used).toEqual({ inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, totalTokens: 0, cost: 0 });
  });
});

describe("settings", () => {
  test("have defaults, which options replace", () => {
    const { theirs } = noting();
    expect(fromLangChain(theirs).settings).toMatchObject({ maxConcurrency: 5, retry: { attempts: 6 } });
    const limiter = rateLimiter();
    const more = { maxConcurrency: 9, retry: false, timeoutMs: 7, limiter, price: {}, dedupe: true } as const;
    expect(fromLangChain(theirs, more).settings).toEqual(more);
  });

  test("Runnables of one object share a limiter", () => {
    const { theirs } = noting();
    expect(fromLangChain(theirs).settings?.limiter).toBe(fromLangChain(theirs).settings?.limiter);
    expect(fromLangChain(noting().theirs).settings?.limiter).not.toBe(fromLangChain(theirs).settings?.limiter);
  });

  test.each([undefined, null, "chain", {}, { invoke: () => 1 }])("%o is no Runnable of theirs", (value) => {
    expect(() => fromLangChain(value as never)).toThrow(ArgumentError);
  });

  test("an error of Batchwise inside of theirs comes out as it was", async () => {
    const inner = new InputError("Too long.");
    const theirs = new RunnableLambda({
      func: async (): Promise<string> => {
        throw inner;
      },
    });
    expect(await failureOf(fromLangChain(theirs).invoke("x"))).toBe(inner);
  });
});
