import { bulkRunnable, ProviderError, runnable } from "@batchwise/core";
import { FakeClock } from "@batchwise/testkit";
import { describe, expect, it } from "vitest";
import { drained, HeldBackend, range, turn, watch } from "./held-backend.ts";

describe("dedupe", () => {
  it("P38 equal inputs are sent once and every slot is filled", async () => {
    const requests: string[][] = [];
    const subject = bulkRunnable(async (inputs: readonly string[]) => {
      requests.push([...inputs]);
      return inputs.map((input) => input.toUpperCase());
    });
    const outputs = await subject.batch(["a", "b", "a", "c", "b", "a"], { dedupe: true });
    expect(outputs).toEqual(["A", "B", "A", "C", "B", "A"]);
    expect(requests.flat()).toEqual(["a", "b", "c"]);
  });

  it("P38 without dedupe every input is sent", async () => {
    const backend = new HeldBackend<string, number>();
    const running = watch(runnable(backend.call, { maxConcurrency: 3 }).batch(["a", "a", "a"]));
    await turn();
    for (const number of range(3)) backend.at(number).answer(number);
    expect(await running.promise).toEqual([0, 1, 2]);
  });

  it("P38 a repeat after the first one has finished is not sent again", async () => {
    const inputs: number[] = [];
    const subject = runnable(
      async (input: number) => {
        inputs.push(input);
        return input * 2;
      },
      { dedupe: true, maxConcurrency: 1 },
    );
    expect(await subject.batch([1, 2, 1, 2, 3, 1])).toEqual([2, 4, 2, 4, 6, 2]);
    expect(inputs).toEqual([1, 2, 3]);
  });

  it("P38 each slot is an outcome with its own index and its own input", async () => {
    const [first, second] = [{ id: 1 }, { id: 1 }];
    const subject = runnable(async (input: { id: number }) => input.id);
    const { items } = await drained(
      subject.batchAsCompleted([first, second], { dedupe: (input: { id: number }) => input.id }),
    );
    const sorted = items.toSorted((left, right) => left.index - right.index);
    expect(sorted).toEqual([
      { index: 0, input: first, status: "fulfilled", value: 1 },
      { index: 1, input: second, status: "fulfilled", value: 1 },
    ]);
    expect(sorted[1]?.input).toBe(second);
  });

  it("P38 a failure fans out too, and is sent once", async () => {
    const requests: string[][] = [];
    const refused = new ProviderError("Refused.", { retryable: false, status: 400 });
    const subject = bulkRunnable(async (inputs: readonly string[]) => {
      requests.push([...inputs]);
      return inputs.map((input) => (input === "bad" ? refused : input));
    });
    const outputs = await subject.batch(["bad", "good", "bad"], {
      dedupe: true,
      returnExceptions: true,
    });
    expect(outputs).toEqual([refused, "good", refused]);
    expect(requests).toEqual([["bad", "good"]]);
  });

  it("P38 true compares primitives by value and type, and objects by identity", async () => {
    const seen: unknown[] = [];
    const subject = runnable(async (input: unknown) => seen.push(input));
    const object = {};
    await subject.batch([1, "1", 1n, Number.NaN, Number.NaN, object, {}, object, null, undefined, null, true, "true"], {
      dedupe: true,
    });
    expect(seen).toEqual([1, "1", 1n, Number.NaN, object, {}, null, undefined, true, "true"]);
  });

  it("P38 an output of undefined fans out like any other", async () => {
    let calls = 0;
    const subject = runnable(async (_input: string) => {
      calls += 1;
    });
    expect(await subject.batch(["a", "a"], { dedupe: true })).toEqual([undefined, undefined]);
    expect(calls).toBe(1);
  });

  it("P39 an input that appears while its first call is in flight joins it", async () => {
    const arrival = Promise.withResolvers<void>();
    async function* source(): AsyncGenerator<string> {
      yield "a";
      await arrival.promise;
      yield "a";
      yield "b";
    }
    const backend = new HeldBackend<string, string>();
    const running = watch(runnable(backend.call, { maxConcurrency: 4 }).batch(source(), { dedupe: true }));
    await turn();
    expect(backend.requests).toEqual(["a"]);
    arrival.resolve();
    await turn();
    expect(backend.requests).toEqual(["a", "b"]);
    backend.at(1).answer("B");
    backend.at(0).answer("A");
    expect(await running.promise).toEqual(["A", "A", "B"]);
  });

  it("P39 an input that joins a call in backoff gets the result of the retry", async () => {
    const clock = new FakeClock();
    const backend = new HeldBackend<string, string>();
    const subject = runnable(backend.call, {
      maxConcurrency: 2,
      dedupe: true,
      retry: { attempts: 2, minDelayMs: 100, jitter: 0 },
    });
    const running = watch(subject.batch(["a", "b", "a"], { clock }));
    await turn();
    backend.at(0).fail(new ProviderError("Busy.", { retryable: true, status: 503 }));
    await turn();
    backend.at(1).answer("B");
    await clock.advance(100);
    expect(backend.requests).toEqual(["a", "b", "a"]);
    backend.at(2).answer("A");
    await turn();
    expect(running.value).toEqual(["A", "B", "A"]);
  });
});
