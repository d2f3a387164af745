import { expect, it } from "vitest";
import { chunkOf, countOffers, stageContext } from "../../../test/engine-parts.ts";
import { runnable } from "../../compose/functions.ts";
import type { Demand, RateLimiter, Reservation, ReserveOptions, Settlement } from "../../contract/rate-limiter.ts";
import type { BatchOptions } from "../../contract/runnable.ts";
import { RequestSize } from "../../request-size/request-size.ts";
import type { AnyStageContext } from "../stage-context.ts";
import { Admission } from "./admission.ts";
import { giveBack, type Pass } from "./pass.ts";
import { type Permit, Semaphore } from "./semaphore.ts";

const SUBJECT = runnable(async (input: number) => input);
const reservation: Reservation = { settle: () => undefined };
const chunk = chunkOf([1, 2, 3], 0, 10);

function admissionOf(options: Omit<BatchOptions, "clock"> = {}, replaced: Partial<AnyStageContext> = {}): Admission {
  return new Admission({ ...stageContext(SUBJECT, [], options), ...replaced });
}

it("L8 gives a stage as many permits as its own cap, where its semaphore has more for others", () => {
  const semaphore = new Semaphore(5, undefined);
  const admission = admissionOf({ maxConcurrency: 2 }, { semaphore });
  expect([admission.tryEnter(), admission.tryEnter(), admission.tryEnter()]).toEqual([true, true, false]);
  expect(semaphore.tryAcquire()).toBe(true);
  admission.leave();
  expect(admission.tryEnter()).toBe(true);
});

it("a permit that its semaphore does not have counts as none of the stage's own", () => {
  const semaphore = new Semaphore(1, undefined);
  semaphore.tryAcquire();
  const admission = admissionOf({ maxConcurrency: 1 }, { semaphore });
  expect(admission.tryEnter()).toBe(false);
  semaphore.putBack();
  expect(admission.tryEnter()).toBe(true);
});

it("leaving offers the permit to every stage", () => {
  const semaphore = new Semaphore(1, undefined);
  const admission = admissionOf({}, { semaphore });
  const stage = countOffers(semaphore);
  admission.tryEnter();
  expect(stage.asked).toBe(0);
  admission.leave();
  expect(stage.asked).toBe(1);
});

it("counts the calls that could begin by those in flight, and settles a reservation at a call's end", () => {
  const admission = admissionOf({ maxConcurrency: 2 });
  const settled: Settlement[] = [];
  const pass = passTo(settled);
  expect([admission.places, admission.isBusy]).toEqual([2, false]);
  admission.begin();
  admission.begin();
  expect([admission.places, admission.isBusy]).toEqual([0, true]);
  admission.end(pass, undefined);
  expect(settled).toEqual([]);
  admission.end(pass, { outcome: "ok" });
  expect(settled).toEqual([{ outcome: "ok" }]);
  expect([admission.places, admission.isBusy]).toEqual([2, false]);
});

it("passes without a limiter at once, and with one that would have to wait not at all", () => {
  expect(admissionOf().tryPass(chunk)).toEqual({ reservation: undefined });
  const reserve = (): Promise<Reservation> => Promise.resolve(reservation);
  expect(admissionOf({ limiter: { reserve } }).tryPass(chunk)).toBeUndefined();
  expect(admissionOf({ limiter: { reserve, tryReserve: () => undefined } }).tryPass(chunk)).toBeUndefined();
});

it("reserves without waiting for what the chunk needs, with the cap that the caller has stated", () => {
  const limiter = limiterOf();
  expect(admissionOf({ limiter, maxConcurrency: 4 }).tryPass(chunk)?.reservation).toBe(reservation);
  admissionOf({ limiter }).tryPass(chunk);
  const demand = { requests: 1, inputs: 3, tokens: 30, inputTokens: 30, outputTokens: 0 };
  expect(limiter.asked).toEqual([
    [demand, { concurrency: 4 }],
    [demand, { concurrency: undefined }],
  ]);
});

it("P55 where the number in flight is searched for, it holds in place of what is stated", () => {
  const limiter = limiterOf();
  const { options } = stageContext(SUBJECT, []);
  const size = Object.defineProperty(new RequestSize(), "inFlight", { value: 7 });
  admissionOf({}, { options: { ...options, limiter, size } }).tryPass(chunk);
  expect(limiter.asked[0]?.[1]?.concurrency).toBe(7);
});

it.for([
  ["of the call that it runs in", (own: RateLimiter): Permit => permitOf(own, undefined), true],
  ["of a call further out", (own: RateLimiter): Permit => permitOf(undefined, permitOf(own, undefined)), true],
  ["of neither", (): Permit => permitOf(limiterOf(), permitOf(limiterOf(), undefined)), false],
] as const)("a nested batch's reservation is marked where its limiter is that %s", ([, parentOf, nested]) => {
  const limiter = limiterOf();
  const parent = parentOf(limiter);
  const { options } = stageContext(SUBJECT, []);
  admissionOf({}, { options: { ...options, limiter, parent } }).tryPass(chunk);
  expect(limiter.asked[0]?.[1]?.nested).toBe(nested);
});

it("gives the reservation of a chunk that is not sent back as unused", () => {
  const settled: Settlement[] = [];
  giveBack(passTo(settled));
  giveBack({ reservation: undefined });
  expect(settled).toEqual([{ outcome: "failed", used: { requests: 0, inputs: 0, tokens: 0 } }]);
});

function passTo(settled: Settlement[]): Pass {
  return { reservation: { settle: (settlement) => settled.push(settlement) } };
}

/** Limiter that has always room, and keeps what it is asked. */
function limiterOf(): RateLimiter & { readonly asked: [Demand, ReserveOptions | undefined][] } {
  const asked: [Demand, ReserveOptions | undefined][] = [];
  const tryReserve: RateLimiter["tryReserve"] = (...args) => {
    asked.push(args as [Demand, ReserveOptions | undefined]);
    return reservation;
  };
  return { reserve: () => Promise.resolve(reservation), tryReserve, asked };
}

function permitOf(limiter: RateLimiter | undefined, outer: Permit | undefined): Permit {
  return { semaphore: new Semaphore(1, undefined), isBorrowed: false, limiter, outer };
}
