import { ProviderError } from "@batchwise/core";
import { FakeClock, runOn } from "@batchwise/testkit";
import { expect, test } from "vitest";
import { persist } from "./persist.ts";

function context(): { clock: FakeClock; random: () => number; signal: AbortSignal; controller: AbortController } {
  const controller = new AbortController();
  return { clock: new FakeClock(), random: () => 0, signal: controller.signal, controller };
}

const unavailable = (): ProviderError => new ProviderError("No.", { retryable: true, status: 503 });

test("a call that may be repeated is made again, after waits that double", async () => {
  const ways = context();
  const at: number[] = [];
  const call = async (): Promise<string> => {
    at.push(ways.clock.now());
    if (at.length < 4) throw unavailable();
    return "done";
  };
  expect(await runOn(ways.clock, persist(call, ways))).toBe("done");
  expect(at).toEqual([0, 1000, 3000, 7000]);
});

test("P23 the provider's wait takes precedence over ours", async () => {
  const ways = context();
  let calls = 0;
  const call = async (): Promise<number> => {
    if (++calls === 1) throw new ProviderError("No.", { retryable: true, status: 429, retryAfterMs: 90_000 });
    return ways.clock.now();
  };
  expect(await runOn(ways.clock, persist(call, ways))).toBe(90_000);
});

test("at most twelve calls, and one where no further try helps", async () => {
  const ways = context();
  let calls = 0;
  const failing = persist(async () => {
    calls++;
    throw unavailable();
  }, ways);
  await expect(runOn(ways.clock, failing)).rejects.toMatchObject({ status: 503 });
  expect(calls).toBe(12);
  const refused = persist(() => Promise.reject(new ProviderError("No.", { retryable: false })), ways);
  await expect(refused).rejects.toBeInstanceOf(ProviderError);
});

test("P8 a thrown non-Error keeps its fields", async () => {
  const thrown = { status: 418 };
  await expect(persist(() => Promise.reject(thrown), context())).rejects.toMatchObject({ cause: thrown });
});

test("a result found before another try is the call's; a failure there is not tried again", async () => {
  const ways = context();
  const call = (): Promise<string> => Promise.reject(unavailable());
  expect(
    await runOn(
      ways.clock,
      persist(call, ways, async () => "found"),
    ),
  ).toBe("found");
  let looks = 0;
  const failing = persist(call, ways, () => {
    looks++;
    return Promise.reject(unavailable());
  });
  await expect(runOn(ways.clock, failing)).rejects.toMatchObject({ status: 503 });
  expect(looks).toBe(1);
});

test("P12 an abort ends a wait at once with its reason, whatever that is; an answer that arrived before is kept", async () => {
  const waiting = context();
  const failing = persist(() => Promise.reject(unavailable()), waiting);
  await waiting.clock.advance(500);
  waiting.controller.abort("enough");
  await expect(failing).rejects.toBe("enough");

  const paid = context();
  const call = async (): Promise<string> => {
    paid.controller.abort("enough");
    return "paid";
  };
  expect(await persist(call, paid)).toBe("paid");
});
