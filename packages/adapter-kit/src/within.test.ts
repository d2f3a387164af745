import { getEventListeners } from "node:events";
import { TimeoutError } from "@batchwise/core";
import { failureOf, FakeClock } from "@batchwise/testkit";
import { expect, test } from "vitest";
import { anySignal, linkTo, within } from "./within.ts";

const never = (): Promise<never> => new Promise(() => {});

test("work that is done in time gives its result, and leaves nothing behind", async () => {
  const clock = new FakeClock();
  const { signal } = new AbortController();
  expect(await within({ signal, timeoutMs: 5, clock }, async () => "done")).toBe("done");
  expect(getEventListeners(signal, "abort")).toEqual([]);
  await clock.advance(10);
});

test("work that takes longer is aborted, whether it heeds that or not", async () => {
  const clock = new FakeClock();
  let seen: AbortSignal | undefined;
  const late = failureOf(
    within({ timeoutMs: 5, clock }, (signal) => {
      seen = signal;
      return never();
    }),
  );
  await clock.advance(5);
  expect(await late).toBeInstanceOf(TimeoutError);
  expect(seen?.aborted).toBe(true);
  const own = new Error("late");
  const mine = failureOf(within({ timeoutMs: 5, clock, late: () => own }, never));
  await clock.advance(5);
  expect(await mine).toBe(own);
});

test("P12 an abort rejects at once with its reason, and reaches the work", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  let seen: AbortSignal | undefined;
  const call = failureOf(
    within({ signal: controller.signal }, (signal) => {
      seen = signal;
      return never();
    }),
  );
  controller.abort(reason);
  expect(await call).toBe(reason);
  expect(seen?.reason).toBe(reason);
  expect(await failureOf(within({ signal: controller.signal }, never))).toBe(reason);
});

test("several pieces of work can wait on one link", async () => {
  const controller = new AbortController();
  const linked = linkTo({ signal: controller.signal });
  expect(await linked.race(Promise.resolve(1))).toBe(1);
  const second = failureOf(linked.race(never()));
  controller.abort(new Error("enough"));
  expect((await second).message).toBe("enough");
  linked.unlink();
  expect(getEventListeners(controller.signal, "abort")).toEqual([]);
});

test("of several signals the first to be aborted counts; one alone is itself", () => {
  const [first, second] = [new AbortController(), new AbortController()];
  expect([anySignal(), anySignal(undefined)]).toEqual([undefined, undefined]);
  expect(anySignal(undefined, first.signal)).toBe(first.signal);
  const any = anySignal(first.signal, second.signal);
  second.abort("enough");
  expect(any?.reason).toBe("enough");
});
