import { bulkRunnable, type BatchError, type FinishReport, InputError, ProviderError, runnable } from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { describe, expect, it } from "vitest";
import { range, reasonOf } from "./held-backend.ts";

const outputsOf = (inputs: readonly number[]): string[] => inputs.map((input) => `ok:${input}`);
const log2 = (count: number): number => Math.ceil(Math.log2(count));

/** A backend that refuses a whole request when it holds a bad input. */
function backendThatRefuses(
  badInput: readonly number[],
  refuse: (inputs: readonly number[]) => Error = () => new InputError("Refused."),
): { requests: number[][]; call: (inputs: readonly number[]) => Promise<string[]> } {
  const requests: number[][] = [];
  return {
    requests,
    call: async (inputs) => {
      requests.push([...inputs]);
      if (inputs.some((input) => badInput.includes(input))) throw refuse(inputs);
      return outputsOf(inputs);
    },
  };
}

describe("bad inputs", () => {
  it.for(range(16).map((step) => step * 4 + (step % 4)))(
    "P36 one bad input of 64, at %i, fails alone within 2 log2(k) further requests",
    async (bad) => {
      const backend = backendThatRefuses([bad]);
      const subject = bulkRunnable(backend.call, { request: { maxInputs: 64 } });
      const outputs = await subject.batch(range(64), { returnExceptions: true });
      expect(outputs.filter((slot) => slot instanceof Error)).toHaveLength(1);
      expect(InputError.isInstance(outputs[bad])).toBe(true);
      expect(outputs.toSpliced(bad, 1)).toEqual(outputsOf(range(64).toSpliced(bad, 1)));
      expect(backend.requests.length - 1).toBeLessThanOrEqual(2 * log2(64));
      expect(backend.requests).toContainEqual([bad]);
    },
  );

  it("P36 no set of inputs is sent twice, and nothing that came through is sent again", async () => {
    const badInput = [3, 40, 41, 99];
    const backend = backendThatRefuses(badInput);
    const subject = bulkRunnable(backend.call, { maxConcurrency: 1, request: { maxInputs: 100 } });
    const outputs = await subject.batch(range(100), { returnExceptions: true });
    expect(range(100).filter((index) => outputs[index] instanceof Error)).toEqual(badInput);
    expect(new Set(backend.requests.map(String)).size).toBe(backend.requests.length);
    const good = backend.requests.filter((request) => !request.some((input) => badInput.includes(input))).flat();
    expect(good.length).toBe(new Set(good).size);
    expect(backend.requests.length - 1).toBeLessThanOrEqual(badInput.length * 2 * log2(100));
  });

  it("P36 a bad input with a plain Error fails alone too", async () => {
    const backend = backendThatRefuses([5], () => new Error("what is this"));
    const outputs = await bulkRunnable(backend.call, { request: { maxInputs: 16 } }).batch(range(16), {
      returnExceptions: true,
    });
    expect(range(16).filter((index) => outputs[index] instanceof Error)).toEqual([5]);
  });

  it("P36 a request of bad inputs alone fails each item with an error of its own request", async () => {
    const backend = backendThatRefuses(range(8), (inputs) => new InputError(`Refused ${inputs.length}.`));
    const outputs = await bulkRunnable(backend.call, { request: { maxInputs: 8 } }).batch(range(8), {
      returnExceptions: true,
    });
    expect(outputs).toEqual(range(8).map(() => new InputError("Refused 1.")));
    expect(backend.requests.length).toBeLessThanOrEqual(15);
  });

  it.for(["InputError", "ProviderError"] as const)(
    "P36 where an %s names the position, one further request is enough",
    async (kind) => {
      const bad = 37;
      const backend = backendThatRefuses([bad], (inputs) => {
        const position = inputs.indexOf(bad);
        return kind === "InputError"
          ? new InputError("Refused.", { position })
          : new ProviderError("Refused.", { retryable: false, status: 400, position });
      });
      const subject = bulkRunnable(backend.call, { request: { maxInputs: 64 } });
      const outputs = await subject.batch(range(64), { returnExceptions: true });
      expect(range(64).filter((index) => outputs[index] instanceof Error)).toEqual([bad]);
      expect(backend.requests).toEqual([range(64), range(64).toSpliced(bad, 1)]);
    },
  );

  it.for([-1, 64, 1.5, Number.NaN])(
    "P36 a named position of %d, which is none, is isolated by halves",
    async (position) => {
      const backend = backendThatRefuses([6], () => new InputError("Refused.", { position }));
      const outputs = await bulkRunnable(backend.call, { request: { maxInputs: 8 } }).batch(range(8), {
        returnExceptions: true,
      });
      expect(range(8).filter((index) => outputs[index] instanceof Error)).toEqual([6]);
    },
  );

  it("P36 bad inputs in one request leaves the other requests whole", async () => {
    const backend = backendThatRefuses([13]);
    const subject = bulkRunnable(backend.call, { maxConcurrency: 1, request: { maxInputs: 10 } });
    const outputs = await subject.batch(range(40), { returnExceptions: true });
    expect(outputs.filter((slot) => slot instanceof Error)).toHaveLength(1);
    expect(backend.requests).toContainEqual(range(10));
    expect(backend.requests).toContainEqual(range(40).slice(20, 30));
    expect(backend.requests).toContainEqual(range(40).slice(30));
  });

  it("P36 fail-fast names the bad input itself, after it was sent alone", async () => {
    const backend = backendThatRefuses([2]);
    const subject = bulkRunnable(backend.call, { maxConcurrency: 1, request: { maxInputs: 8 } });
    const failure = (await reasonOf(subject.batch(range(8)))) as BatchError<number, string>;
    expect(InputError.isInstance(failure.cause)).toBe(true);
    const rejected = failure.outcomes.filter((outcome) => outcome.status === "rejected");
    expect(rejected.map((outcome) => outcome.index)).toEqual([2]);
    expect(backend.requests).toContainEqual([2]);
  });

  it("P36 an Error in a slot fails that slot alone, without a further request", async () => {
    const requests: number[][] = [];
    const refused = new InputError("Refused.");
    const subject = bulkRunnable(async (inputs: readonly number[]) => {
      requests.push([...inputs]);
      return inputs.map((input) => (input === 1 ? refused : input));
    });
    expect(await subject.batch(range(3), { returnExceptions: true })).toEqual([0, refused, 2]);
    expect(requests).toEqual([range(3)]);
  });

  it.for([1, 4])(
    "P47 P49 bad inputs in a row that fail in their own slots hold up no other, in requests of %i",
    async (maxInputs) => {
      const clock = new FakeClock();
      const refused = new InputError("no");
      const subject = bulkRunnable(
        async (inputs: readonly number[]) => inputs.map((input) => (input < 40 ? refused : input)),
        { retry: { attempts: 3 }, request: { maxInputs } },
      );
      const outputs = await clock.run(subject.batch(range(100), { clock, returnExceptions: true }));
      expect(outputs).toEqual(range(100).map((input) => (input < 40 ? refused : input)));
    },
  );

  it("P36 an outage with an unclassified error stops bisecting after about 2 log2(k) calls", async () => {
    let calls = 0;
    const subject = bulkRunnable(
      async (): Promise<number[]> => {
        calls += 1;
        throw new Error("down");
      },
      { maxConcurrency: 1, request: { maxInputs: 256 } },
    );
    const outputs = await subject.batch(range(256), { returnExceptions: true });
    expect(outputs.every((slot) => slot instanceof Error && slot.message === "down")).toBe(true);
    expect(calls).toBeLessThanOrEqual(2 * log2(256) + 3);
  });

  it.for([
    ["P36 an outage that is not waited for: the whole request goes again as often as tries allow", 0, "0123 0123 0123"],
    ["P41 an outage is not bisected: after the second failure single inputs ask", undefined, "0123 0123"],
  ] as const)("%s", async ([, outageMs, expected]) => {
    const clock = new FakeClock();
    const requests: string[] = [];
    const subject = bulkRunnable(
      async (inputs: readonly number[]): Promise<number[]> => {
        requests.push(inputs.join(""));
        throw new ProviderError("Busy.", { retryable: true, status: 503 });
      },
      { retry: { attempts: 3, outageMs }, request: { maxInputs: 4 } },
    );
    const outputs = await clock.run(subject.batch(range(4), { clock, returnExceptions: true }));
    expect(outputs.every((slot) => ProviderError.isInstance(slot))).toBe(true);
    expect(requests.filter((each) => each.length > 1).join(" ")).toBe(expected);
  });
});

describe("requests that are too large", () => {
  const tooLarge = (): ProviderError =>
    new ProviderError("Too large.", { retryable: false, status: 413, code: "request_too_large" });

  it("P37 an oversize request is halved and never sent again as it is", async () => {
    const requests: number[][] = [];
    const subject = bulkRunnable(
      async (inputs: readonly number[]) => {
        requests.push([...inputs]);
        if (inputs.length > 10) throw tooLarge();
        return outputsOf(inputs);
      },
      { retry: { attempts: 5 }, request: { maxInputs: 64 } },
    );
    const clock = new FakeClock();
    expect(await clock.run(subject.batch(range(64), { clock }))).toEqual(outputsOf(range(64)));
    expect(new Set(requests.map(String)).size).toBe(requests.length);
    expect(clock.now()).toBe(0);
  });

  it("P37 is not retried even where the error claims to be retryable", async () => {
    const clock = new FakeClock();
    let calls = 0;
    const subject = runnable(
      async (): Promise<number> => {
        calls += 1;
        throw new ProviderError("Too large.", {
          retryable: true,
          status: 413,
          code: "request_too_large",
        });
      },
      { retry: { attempts: 5 } },
    );
    const outputs = await clock.run(subject.batch([1], { clock, returnExceptions: true }));
    expect(ProviderError.isInstance(outputs[0])).toBe(true);
    expect(calls).toBe(1);
  });

  it("P37 an item that is too large alone fails with that error, its neighbours come through", async () => {
    const requests: number[][] = [];
    const subject = bulkRunnable(async (inputs: readonly number[]) => {
      requests.push([...inputs]);
      if (inputs.includes(5)) throw tooLarge();
      return outputsOf(inputs);
    });
    const outputs = await subject.batch(range(9), { returnExceptions: true });
    expect(range(9).filter((index) => outputs[index] instanceof Error)).toEqual([5]);
    expect((outputs[5] as ProviderError).code).toBe("request_too_large");
    expect(new Set(requests.map(String)).size).toBe(requests.length);
  });
});

describe("failures that stop the run", () => {
  // P47: a key with which something got through is not what a refusal is about.
  it.for([
    ["authentication", 0],
    ["quota_exceeded", 1],
  ] as const)(
    "P36 %s stops the run after %i requests that got through: nothing new starts, and unstarted items get that error",
    async ([code, passed]) => {
      const refused = new ProviderError("Refused.", { retryable: false, status: 401, code });
      const requests: number[][] = [];
      let finish: FinishReport | undefined;
      const subject = bulkRunnable(
        async (inputs: readonly number[]) => {
          requests.push([...inputs]);
          if (requests.length > passed) throw refused;
          return outputsOf(inputs);
        },
        { maxConcurrency: 1, request: { maxInputs: 2 }, retry: { attempts: 4 } },
      );
      const onFinish = (report: FinishReport): unknown => (finish = report);
      const outputs = await subject.batch(range(8), { returnExceptions: true, onFinish });
      expect(outputs.slice(0, 2 * passed)).toEqual(outputsOf(range(2 * passed)));
      expect(outputs.slice(2 * passed).every((slot) => slot === refused)).toBe(true);
      expect(requests).toHaveLength(passed + 1);
      expect(finish).toMatchObject({ status: "stopped", fulfilled: 2 * passed, reason: refused });
    },
  );

  it("P36 a refused key rejects a fail-fast batch with what had finished", async () => {
    const refused = new ProviderError("Refused.", {
      retryable: false,
      status: 401,
      code: "authentication",
    });
    const subject = runnable(async (input: number) => {
      if (input === 2) throw refused;
      return input;
    });
    const failure = (await reasonOf(subject.batch(range(6)))) as BatchError<number, number>;
    expect(failure.cause).toBe(refused);
    expect(failure.outcomes.map((outcome) => outcome.status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
  });
});
