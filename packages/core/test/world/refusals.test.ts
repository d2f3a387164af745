import {
  bulkRunnable,
  type FinishReport,
  InputError,
  ProviderError,
  rateLimiter,
  ResultError,
  runnable,
} from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { describe, expect, it } from "vitest";
import { range } from "../regressions/held-backend.ts";
import { RefusingServer } from "./servers.ts";

interface Ran {
  readonly server: RefusingServer;
  readonly slots: readonly (number | Error)[];
  readonly seconds: number;
  readonly report: FinishReport | undefined;
}

type Refuse = (inputs: readonly number[], call: number) => Error | undefined;

/** Sends so many inputs, five requests at a time, with the retries of every adapter. */
async function send(inputs: Iterable<number>, maxInputs: number, refuse: Refuse): Promise<Ran> {
  const clock = new FakeClock();
  const server = new RefusingServer(clock, refuse);
  const limiter = rateLimiter({ concurrency: 5, clock });
  const common = { maxConcurrency: 5, retry: { attempts: 6 }, limiter };
  const subject =
    maxInputs === 1
      ? runnable(async (input: number) => (await server.answer([input]))[0] as number, common)
      : bulkRunnable(server.answer, { request: { maxInputs }, ...common });
  let report: FinishReport | undefined;
  const slots = await clock.run(
    subject.batch(inputs, { clock, returnExceptions: true, random: () => 0.5, onFinish: (last) => (report = last) }),
  );
  return { server, slots, seconds: clock.now() / 1000, report };
}

type Code = "invalid_input" | "authentication" | "invalid_argument";

const refusal = (status: number, code: Code = "invalid_input"): ProviderError =>
  new ProviderError("Refused.", { code, status, retryable: false });

const errorsIn = (slots: readonly unknown[]): number[] =>
  slots.flatMap((slot, index) => (slot instanceof Error ? [index] : []));

describe("P47 one refusal does not end the run", () => {
  it.for([0, 49, 199])("403 for prompt %i of 200", async (bad) => {
    const { server, slots } = await send(range(200), 1, ([input]) => (input === bad ? refusal(403) : undefined));
    expect(errorsIn(slots)).toEqual([bad]);
    expect(server.calls).toBe(200);
  });

  it("a 401 after others got through", async () => {
    const refuse: Refuse = ([input]) => (input === 50 ? refusal(401, "authentication") : undefined);
    const { slots } = await send(range(200), 1, refuse);
    expect(errorsIn(slots)).toEqual([50]);
  });

  // LM Studio refuses the model while another one is loaded: lmstudio-ai/lmstudio-bug-tracker#671, lmstudio-ai/lms#107
  it.for([1, 100])(
    "a model that is not found for one call after others got through, in requests of %i",
    async (size) => {
      const refuse: Refuse = (_, call) => (call === 5 ? refusal(404, "invalid_argument") : undefined);
      const { slots, report } = await send(range(1000), size, refuse);
      expect(errorsIn(slots).length).toBeLessThanOrEqual(1);
      expect(report?.status).toBe("completed");
    },
  );

  it.for([1, 100])("a model that is gone on the way ends the run soon, in requests of %i", async (size) => {
    const refuse: Refuse = (_, call) => (call > 10 ? refusal(404, "invalid_argument") : undefined);
    const { server, report } = await send(range(10_000), size, refuse);
    expect(server.calls).toBeLessThan(50);
    expect(report?.status).toBe("stopped");
  });

  it("a 401 in a bulk request after others got through", async () => {
    const refuse: Refuse = (inputs) => (inputs.includes(5000) ? refusal(401, "authentication") : undefined);
    const { slots } = await send(range(10_000), 512, refuse);
    expect(errorsIn(slots)).toEqual([5000]);
  });

  it.for([1, 512])("a wrong key costs at most ten calls, in requests of %i", async (maxInputs) => {
    const { server, slots, report } = await send(range(10_000), maxInputs, () => refusal(401, "authentication"));
    expect(server.calls).toBeLessThanOrEqual(10);
    expect(errorsIn(slots)).toHaveLength(10_000);
    expect(report?.status).toBe("stopped");
  });

  it.for([1, 16, 512])("the first 50 of 1000 are bad, in requests of %i", async (maxInputs) => {
    const { slots } = await send(range(1000), maxInputs, (inputs) =>
      inputs.some((each) => each < 50) ? refusal(403) : undefined,
    );
    expect(errorsIn(slots)).toEqual(range(50));
  });

  it("a source without an end in sight is read on", async () => {
    const inputs = range(1000).values();
    const { slots } = await send(inputs, 1, ([input = 0]) => (input < 50 ? refusal(403) : undefined));
    expect(errorsIn(slots)).toEqual(range(50));
  });

  it("a key that is revoked on the way ends the run soon", async () => {
    const refuse: Refuse = (_, call) => (call > 500 ? refusal(401, "authentication") : undefined);
    const { server, report } = await send(range(2000), 1, refuse);
    expect(server.calls).toBeLessThan(520);
    expect(report?.status).toBe("stopped");
  });
});

describe("P49 what is refused for all is not asked for each", () => {
  it.for([1, 100, 2048])("in requests of %i", async (maxInputs) => {
    const { server, slots, report } = await send(range(10_000), maxInputs, () => refusal(400));
    expect(server.calls).toBeLessThanOrEqual(40);
    expect(report?.status).toBe("stopped");
    const last = slots.at(-2) as Error;
    expect(last.message).toContain("in a row (400). Check the options");
    expect((last.cause as ProviderError).status).toBe(400);
  });

  it("half of the inputs may be bad", async () => {
    const { slots } = await send(range(600), 1, ([input = 0]) => (input % 100 < 50 ? refusal(400) : undefined));
    expect(errorsIn(slots)).toHaveLength(300);
  });
});

describe("P48 a malformed answer is asked for again", () => {
  const empty = (): Error => new ResultError("Expected an embedding for each input, got none.");

  it("one answer of ten, for the inputs of a request", async () => {
    const { server, slots } = await send(range(300), 10, (_, call) => (call % 10 === 1 ? empty() : undefined));
    expect(slots).toEqual(range(300));
    expect(server.calls).toBeLessThan(40);
  });

  it("invalid at the first try of each, and valid at the second", async () => {
    const seen = new Set<number>();
    const { slots } = await send(range(20), 1, ([input = 0]) => {
      if (seen.has(input)) return undefined;
      seen.add(input);
      return empty();
    });
    expect(slots).toEqual(range(20));
  });

  it("always for one input of a request", async () => {
    const { slots } = await send(range(300), 100, (inputs) => (inputs.includes(7) ? empty() : undefined));
    expect(errorsIn(slots)).toEqual([7]);
  });

  it.for([1, 100])("for all inputs it ends the run, in requests of %i", async (maxInputs) => {
    const { server, report } = await send(range(1000), maxInputs, empty);
    expect(server.calls).toBeLessThan(70);
    expect(report?.status).toBe("stopped");
  });
});

it("P43 a refusal by a rate limit gives back no try of another failure", async () => {
  const failed = new ProviderError("Internal error.", { status: 500, retryable: true });
  const limited = new ProviderError("Too many.", { code: "rate_limited", status: 429, retryable: true });
  let bad = 0;
  const { slots, report } = await send(range(20), 1, ([input]) => {
    if (input !== 5) return undefined;
    return ++bad % 2 === 0 ? limited : failed;
  });
  expect(slots[5]).toBe(failed);
  expect(errorsIn(slots)).toEqual([5]);
  expect(bad).toBe(11);
  expect(report?.status).toBe("completed");
});

// Groq and OpenAI ask for the wait until a day's limit is whole: https://console.groq.com/docs/rate-limits.
describe("P45 a wait of a day", () => {
  const day = (): Error =>
    new ProviderError("Too many.", { code: "rate_limited", status: 429, retryable: true, retryAfterMs: 86_400_000 });

  it("is one input's failure, and makes no other wait", async () => {
    const { slots, seconds } = await send(range(20), 1, ([input]) => (input === 7 ? day() : undefined));
    expect(errorsIn(slots)).toEqual([7]);
    expect((slots[7] as ProviderError).retryAfterMs).toBe(86_400_000);
    expect(seconds).toBeLessThan(2);
  });

  it.for([0, 9, 20])(
    "for one text of a request, number %i, is that text's failure, though others are refused for a second",
    async (bad) => {
      let calls = 0;
      const soon = new ProviderError("Too many.", {
        code: "rate_limited",
        status: 429,
        retryable: true,
        retryAfterMs: 1000,
      });
      const { slots, report } = await send(range(22), 30, (inputs) => {
        calls++;
        if (inputs.includes(bad)) return day();
        return calls < 7 ? soon : undefined;
      });
      expect(errorsIn(slots)).toEqual([bad]);
      expect(report?.status).toBe("completed");
    },
  );

  it("for all texts of a request ends the run before each has been asked", async () => {
    const { server, report } = await send(range(2048), 2048, day);
    expect(server.calls).toBeLessThan(20);
    expect(report?.status).toBe("stopped");
  });

  it("ends the run when three in a row are told so", async () => {
    const { server, report, seconds } = await send(range(200), 1, ([input = 0]) => (input >= 7 ? day() : undefined));
    expect(server.calls).toBeLessThan(20);
    expect(report?.status).toBe("stopped");
    expect(seconds).toBeLessThan(2);
  });
});

it.for(
  [1, 2, 5, 64].flatMap(
    (each) =>
      [
        [each, ResultError],
        [each, InputError],
      ] as const,
  ),
)("P48 20 inputs, each answer wrong in its slot, %i at once", async ([maxConcurrency, Kind]) => {
  const clock = new FakeClock();
  const subject = bulkRunnable(async (inputs: readonly number[]) => inputs.map(() => new Kind("no")), {
    request: { maxInputs: 1 },
    retry: { attempts: 6 },
    limiter: rateLimiter({ clock }),
  });
  const slots = await clock.run(subject.batch(range(20), { clock, returnExceptions: true, maxConcurrency }));
  expect(slots).toHaveLength(20);
});

it.for([
  ["no tries", false],
  ["tries that are counted", { attempts: 3, outageMs: 0 }],
] as const)("P6 with %s each slot of an answer that is all wrong keeps its own error", async ([, retry]) => {
  const answer = async (inputs: readonly number[]): Promise<ResultError[]> =>
    inputs.map((input) => new ResultError(`No result for input ${input}.`));
  const slots = await bulkRunnable(answer).batch(range(3), { returnExceptions: true, retry });
  expect(slots.map((slot) => slot.message)).toEqual([
    "No result for input 0.",
    "No result for input 1.",
    "No result for input 2.",
  ]);
});
