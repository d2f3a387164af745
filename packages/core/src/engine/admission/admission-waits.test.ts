import { flush } from "@batchwise/testkit";
import { expect, it } from "vitest";
import { reasonOf, watch } from "../../../test/regressions/held-backend.ts";
import { chunkOf, countOffers, stageContext, type TestContext } from "../../../test/engine-parts.ts";
import { runnable } from "../../compose/functions.ts";
import type { RateLimiter, Reservation, ReserveOptions } from "../../contract/rate-limiter.ts";
import { Admission } from "./admission.ts";

const UNUSED = { outcome: "failed", used: { requests: 0, inputs: 0, tokens: 0 } };
const ABORTED = { status: "aborted", reason: new Error("The caller has had enough.") } as const;
const chunk = chunkOf([1, 2, 3], 0, 10);

/** Limiter that holds every reservation back until the test grants it, and records what becomes of it. */
class HeldLimiter implements RateLimiter {
  readonly log: unknown[] = [];
  readonly asked: (ReserveOptions | undefined)[] = [];
  readonly #wait = Promise.withResolvers<Reservation>();

  reserve(_demand: unknown, options?: ReserveOptions): Promise<Reservation> {
    this.asked.push(options);
    return this.#wait.promise;
  }

  grant(): void {
    this.#wait.resolve({ begin: () => this.log.push("begin"), settle: (settlement) => this.log.push(settlement) });
  }

  refuse(error: unknown): void {
    this.#wait.reject(error);
  }
}

interface Parts {
  readonly context: TestContext<number, number>;
  readonly admission: Admission;
}

/** An admission to one permit. */
function open(limiter?: RateLimiter): Parts {
  const subject = runnable(async (input: number) => input);
  const context = stageContext(subject, [], { limiter, maxConcurrency: 1 });
  return { context, admission: new Admission(context) };
}

it("P16 waits for the limits first and holds no permit, then for one; only then its reservation begins", async () => {
  const limiter = new HeldLimiter();
  const { admission, context } = open(limiter);
  const passing = watch(admission.pass(chunk, false));
  expect(context.semaphore.tryAcquire()).toBe(true);
  limiter.grant();
  await flush();
  expect(admission.serve()).toBe(false);
  expect([passing.state, limiter.log]).toEqual(["pending", []]);
  context.semaphore.putBack();
  expect(admission.serve()).toBe(true);
  await flush();
  expect([passing.state, limiter.log]).toEqual(["fulfilled", ["begin"]]);
  expect(context.semaphore.tryAcquire()).toBe(false);
});

it("P20 hands on that a retry is urgent, and the signal that ends waiting", () => {
  const limiter = new HeldLimiter();
  const { admission, context } = open(limiter);
  void admission.pass(chunk, true);
  void admission.pass(chunk, false);
  expect(limiter.asked.map((options) => options?.urgent)).toEqual([true, false]);
  expect(limiter.asked[0]?.signal).toBe(context.batch.draining);
});

it("gives permits to those that wait in the order in which they came, one at a time", async () => {
  const { admission } = open();
  expect(admission.serve()).toBeUndefined();
  const passing = [1, 2, 3].map(() => watch(admission.pass(chunk, false)));
  const states = async (): Promise<string[]> => {
    await flush();
    return passing.map(({ state }) => state);
  };
  expect(admission.serve()).toBe(false);
  expect(await states()).toEqual(["fulfilled", "pending", "pending"]);
  admission.leave();
  expect([admission.serve(), admission.serve()]).toEqual([true, false]);
  expect(await states()).toEqual(["fulfilled", "fulfilled", "pending"]);
  admission.leave();
  expect([admission.serve(), admission.serve()]).toEqual([true, undefined]);
});

it("what comes later waits behind what waits, though a permit is free, and a worker sees that it is wanted", async () => {
  const { admission } = open();
  admission.tryEnter();
  expect(admission.isContended).toBe(false);
  const first = watch(admission.pass(chunk, false));
  expect(admission.isContended).toBe(true);
  admission.leave();
  const second = watch(admission.pass(chunk, false));
  admission.serve();
  await flush();
  expect([first.state, second.state]).toEqual(["fulfilled", "pending"]);
});

it("is contended where another stage may wait for the same permits", () => {
  const { admission, context } = open();
  context.semaphore.join({ claim: () => false });
  context.semaphore.join({ claim: () => false });
  expect(admission.isContended).toBe(true);
});

it("P8 each that waits for a permit in vain gives its reservation back, not the first alone", async () => {
  const log: unknown[] = [];
  const reservation: Reservation = { settle: (settlement) => log.push(settlement) };
  let left = 3;
  const limiter: RateLimiter = {
    reserve: () => (left-- > 0 ? Promise.resolve(reservation) : new Promise(() => {})),
  };
  const { admission, context } = open(limiter);
  for (let others = 0; others < 2; others++) context.semaphore.join({ claim: () => false });
  admission.tryEnter();
  for (let waiting = 0; waiting < 3; waiting++) void admission.pass(chunk, true);
  await context.clock.advance(60_000);
  expect(log).toEqual([UNUSED, UNUSED, UNUSED]);
});

it("P12 passes nothing where the batch ends while it waits at the limits", async () => {
  const limiter = new HeldLimiter();
  const { admission, context } = open(limiter);
  const passing = watch(admission.pass(chunk, false));
  context.batch.end(ABORTED, "cancel");
  limiter.refuse(ABORTED.reason);
  await flush();
  expect([passing.state, passing.value]).toEqual(["fulfilled", undefined]);
});

it("an error of the limiter's own is thrown", async () => {
  const limiter = new HeldLimiter();
  const fault = new Error("The limiter's store is away.");
  limiter.refuse(fault);
  expect(await reasonOf(open(limiter).admission.pass(chunk, false))).toBe(fault);
});

it("P28 gives its reservation back where the batch has ended before a permit was asked for", async () => {
  const limiter = new HeldLimiter();
  const { admission, context } = open(limiter);
  const passing = admission.pass(chunk, false);
  limiter.grant();
  context.batch.end({ ...ABORTED, status: "drained" }, "drain");
  expect(await passing).toBeUndefined();
  expect(limiter.log).toEqual([UNUSED]);
  expect(context.semaphore.tryAcquire()).toBe(true);
});

it("P12 gives permit and reservation back where the batch ends in the very turn that granted them", async () => {
  const limiter = new HeldLimiter();
  const { admission, context } = open(limiter);
  admission.tryEnter();
  const passing = admission.pass(chunk, false);
  limiter.grant();
  await flush();
  admission.leave();
  expect(admission.serve()).toBe(true);
  context.batch.end(ABORTED, "cancel");
  expect(await passing).toBeUndefined();
  expect(limiter.log).toEqual(["begin", UNUSED]);
  expect(admission.tryEnter()).toBe(true);
});

it("closing sends all away that wait for a permit, their reservations given back", async () => {
  const limiter = new HeldLimiter();
  const { admission } = open(limiter);
  admission.tryEnter();
  limiter.grant();
  const passing = [admission.pass(chunk, false), admission.pass(chunk, true)];
  await flush();
  admission.close();
  expect(await Promise.all(passing)).toEqual([undefined, undefined]);
  expect(limiter.log).toEqual([UNUSED, UNUSED]);
  expect(admission.serve()).toBeUndefined();
});

it("parked, new work gives its permit to others and lets no more new work begin, until it has passed", async () => {
  const limiter = new HeldLimiter();
  const { admission, context } = open(limiter);
  const stage = countOffers(context.semaphore);
  admission.tryEnter();
  const parking = admission.park(chunk);
  expect(stage.asked).toBe(1);
  expect(admission.places).toBe(0);
  expect(limiter.asked[0]?.urgent).toBe(false);
  limiter.grant();
  expect(await parking).toBeDefined();
  expect(admission.places).toBe(1);
  expect(stage.asked).toBe(2);
  expect(context.semaphore.tryAcquire()).toBe(false);
});

it("new work whose limiter throws is parked no longer", async () => {
  const limiter = new HeldLimiter();
  const { admission } = open(limiter);
  admission.tryEnter();
  limiter.refuse(new Error("The limiter's store is away."));
  await reasonOf(admission.park(chunk));
  expect(admission.places).toBe(1);
});

it("time at the limits counts as waited, time for a permit does not", async () => {
  const limiter = new HeldLimiter();
  const { admission, context } = open(limiter);
  admission.tryEnter();
  void admission.pass(chunk, false);
  await context.clock.advance(70);
  limiter.grant();
  await context.clock.advance(50);
  expect(context.batch.stats.report("completed", 0, undefined).waitedMs).toBe(70);
});

it("P22 waits for the limits again, as urgent as before, where all were asked to wait while it waited for a permit", async () => {
  const log: unknown[] = [];
  const asked: (boolean | undefined)[] = [];
  const waits = [1000, 0];
  const limiter: RateLimiter = {
    reserve: async (_demand, options) => {
      asked.push(options?.urgent);
      return {
        waitMs: () => waits.shift() ?? 0,
        begin: () => log.push("begin"),
        settle: (settlement) => log.push(settlement),
      };
    },
  };
  const { admission, context } = open(limiter);
  expect(await admission.pass(chunk, true)).toBeDefined();
  expect([asked, log]).toEqual([
    [true, true],
    [UNUSED, "begin"],
  ]);
  expect(context.semaphore.tryAcquire()).toBe(false);
});
