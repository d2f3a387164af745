import {
  bulkRunnable,
  type CallOptions,
  type FinishReport,
  ProviderError,
  rateLimiter,
  runnable,
  sleep,
  TimeoutError,
} from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { describe, expect, it } from "vitest";
import { noise, type Random, seededRandom } from "../latency/random.ts";

const RUNS = Math.max(250, Number(process.env["BATCHWISE_RUNS"] ?? 0));
/** Milliseconds that they may take on a busy machine. */
const TIMEOUT_MS = Math.max(30_000, RUNS * 200);
const FIRST = Number(process.env["BATCHWISE_SEED"]) || 1;

interface Chat {
  readonly input: number;
  readonly answer: number;
}

/** A model of chats with answers of all lengths, and what its provider bills. */
interface Model {
  readonly chats: readonly Chat[];
  /** Most tokens of an answer, where requests say so. */
  readonly maxTokens: number | undefined;
  readonly concurrency: number;
  readonly price: { readonly perMillionInputTokens: number; readonly perMillionOutputTokens: number };
  readonly random: Random;
}

function drawModel(seed: number): Model {
  const random = seededRandom(seed);
  const [median, sigma] = [20 + 500 * random(), 0.2 + 0.4 * random()];
  // A run of so many that twice its largest answer is far less than a twentieth of all.
  const isKnown = random() < 0.5;
  const most = Math.ceil(median * (1 + 4 * random()));
  const chats = Array.from({ length: 400 + Math.floor(600 * random()) }, (): Chat => {
    const answer = Math.max(1, Math.round(median * noise(random, sigma)));
    return { input: 10 + Math.floor(200 * random()), answer: isKnown ? Math.min(most, answer) : answer };
  });
  return {
    chats,
    maxTokens: isKnown ? most : undefined,
    concurrency: 1 + Math.floor(50 * random()),
    price: { perMillionInputTokens: 1 + 3 * random(), perMillionOutputTokens: 2 + 20 * random() },
    random,
  };
}

const costOf = ({ price }: Model, { input, answer }: Chat): number =>
  (input * price.perMillionInputTokens + answer * price.perMillionOutputTokens) / 1e6;

interface Ran {
  readonly report: FinishReport;
  /** What the provider bills. */
  readonly billed: number;
  /** What answers in flight exceeded twice the largest that had been seen as they began. */
  readonly excess: number;
}

/** Runs all chats under a cap, with a failure that costs nothing now and then, and one that does and does not say so. */
async function run(model: Model, maxCost: number, failures: number): Promise<Ran> {
  const clock = new FakeClock();
  let [billed, excess, largest] = [0, 0, 0];
  const failed = new Set<Chat>();
  const subject = runnable(
    async (chat: Chat, { report }: CallOptions) => {
      const seen = largest;
      await new Promise<void>((resolve) => clock.after(50 + 500 * model.random(), resolve));
      const failure = failed.has(chat) ? 1 : model.random();
      if (model.maxTokens === undefined) {
        const beyond = Math.max(0, chat.answer - 2 * seen);
        excess += (beyond * model.price.perMillionOutputTokens) / 1e6;
      }
      if (failure < failures) {
        failed.add(chat);
        if (failure < failures / 2) throw new ProviderError("Busy.", { status: 503, retryable: true });
        billed += costOf(model, chat);
        throw new TimeoutError("Late.");
      }
      billed += costOf(model, chat);
      largest = Math.max(largest, chat.answer);
      report?.({ usage: { inputTokens: chat.input, outputTokens: chat.answer } });
      return chat.answer;
    },
    {
      maxConcurrency: model.concurrency,
      retry: { attempts: 6 },
      price: model.price,
      weigh: ({ input }) => ({ tokens: 4 * input, outputTokens: model.maxTokens }),
    },
  );
  let report: FinishReport | undefined;
  const options = { maxCost, clock, random: model.random, onFinish: (last: FinishReport) => (report = last) };
  const running = subject.batch(model.chats, { ...options, returnExceptions: true });
  await clock.run(running);
  return { report: report as FinishReport, billed, excess };
}

it(
  "P56 requests shrink where the last ones do not fit a cap: half of an embedding job's tokens are used to 90 %",
  { timeout: TIMEOUT_MS },
  async () => {
    const faults: unknown[] = [];
    for (let seed = FIRST; seed < FIRST + RUNS / 25; seed++) {
      const random = seededRandom(seed);
      const clock = new FakeClock();
      const texts = Array.from({ length: 5000 + Math.floor(20_000 * random()) }, () => 1 + Math.floor(100 * random()));
      let used = 0;
      const subject = bulkRunnable(
        async (inputs: readonly number[], { report }) => {
          await new Promise<void>((resolve) => clock.after(50 + 500 * random(), resolve));
          const inputTokens = inputs.reduce((sum, tokens) => sum + tokens, 0);
          used += inputTokens;
          report?.({ usage: { inputTokens } });
          return inputs;
        },
        // UTF-8 bytes, of which a token has about four.
        { request: { maxInputs: 2048 }, weigh: (tokens) => ({ tokens: 4 * tokens, outputTokens: 0 }) },
      );
      const all = texts.reduce((sum, tokens) => sum + tokens, 0);
      await clock.run(subject.batch(texts, { maxTokens: 1.05 * all, clock, returnExceptions: true }));
      const share = used / all;
      used = 0;
      await clock.run(subject.batch(texts, { maxTokens: all / 2, clock, returnExceptions: true }));
      if (share !== 1 || used < 0.45 * all || used > all / 2) faults.push([seed, share, used / all]);
    }
    expect(faults).toEqual([]);
  },
);

describe("P56 a cap on cost, with answers of any length", () => {
  it(
    "of 1.05 times the cost lets the run finish, and half of it is spent to 90 % and not passed",
    { timeout: TIMEOUT_MS },
    async () => {
      const faults: unknown[] = [];
      for (let seed = FIRST; seed < FIRST + RUNS; seed++) {
        const model = drawModel(seed);
        const cost = model.chats.reduce((sum, chat) => sum + costOf(model, chat), 0);
        const ample = await run(model, 1.05 * cost, 0);
        if (ample.report.status !== "completed") faults.push([seed, "unfinished", ample.billed / cost]);
        const half = await run(model, cost / 2, 0);
        const share = half.billed / (cost / 2);
        if (half.report.status !== "stopped" || share < 0.9) faults.push([seed, "unspent", share]);
        if (half.billed > cost / 2 + half.excess + 1e-9) faults.push([seed, "passed", share]);
      }
      expect(faults).toEqual([]);
    },
  );

  it(
    "is not passed either where calls fail, some of them after they cost something",
    { timeout: TIMEOUT_MS },
    async () => {
      const faults: unknown[] = [];
      for (let seed = FIRST; seed < FIRST + RUNS / 4; seed++) {
        const model = drawModel(seed);
        const cap = model.chats.reduce((sum, chat) => sum + costOf(model, chat), 0) / 2;
        const { billed, excess } = await run(model, cap, 0.1);
        // Of what failed, only the input is known and, where it is not stated, twice the largest answer.
        if (billed > cap + excess + 1e-9) faults.push([seed, billed / cap]);
      }
      expect(faults).toEqual([]);
    },
  );
});

it("P22 a call that waits for a cap obeys what another one is asked to wait meanwhile", async () => {
  const clock = new FakeClock();
  const starts: number[] = [];
  const subject = runnable(
    async (input: number) => {
      starts.push(clock.now());
      await sleep(1, clock);
      if (input > 0) return input;
      throw new ProviderError("no", { code: "rate_limited", status: 429, retryable: true, retryAfterMs: 1000 });
    },
    { maxConcurrency: 3, weigh: () => ({ tokens: 1, outputTokens: 0 }), limiter: rateLimiter({ clock }) },
  );
  await clock.run(subject.batch([0, 1, 2], { maxTokens: 2, clock, returnExceptions: true }));
  expect(starts).toEqual([0, 0, 1001]);
});
