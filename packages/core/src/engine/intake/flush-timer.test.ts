import { expect, it } from "vitest";
import { countOffers, stageContext } from "../../../test/engine-parts.ts";
import { runnable } from "../../compose/functions.ts";
import { FlushTimer } from "./flush-timer.ts";

interface Parts {
  readonly timer: FlushTimer;
  readonly advance: (ms: number) => Promise<void>;
  /** Timers that are set. */
  readonly pending: () => number;
  /** Surroundings as the timer sees them, for the test to change. */
  readonly source: { pulled: number };
  readonly packer: { waiting: number };
  readonly stage: { isStuck: boolean };
  readonly offers: { readonly asked: number };
}

async function* endless(): AsyncGenerator<number> {
  for (let next = 0; ; next++) yield next;
}

/** Timer of a stage in whose chunk one input waits, with a source that gives later. */
function open(maxWaitMs?: number, inputs: AsyncIterable<number> | readonly number[] = endless()): Parts {
  const subject = runnable(async (input: number) => input, { maxWaitMs });
  const context = stageContext(subject, inputs);
  const packer = { waiting: 1 };
  const stage = { isStuck: true };
  const { clock, source } = context;
  return {
    timer: new FlushTimer(context, packer, () => stage.isStuck),
    advance: (ms) => clock.advance(ms),
    pending: () => clock.pending,
    source,
    packer,
    stage,
    offers: countOffers(context.semaphore),
  };
}

it("a chunk goes out once its first input has waited for maxWaitMs, and the stage is woken", async () => {
  const { timer, advance, offers } = open(50, [1, 2]);
  timer.watch();
  await advance(49);
  expect([timer.isFlushing, offers.asked]).toEqual([false, 0]);
  await advance(1);
  expect([timer.isFlushing, offers.asked]).toEqual([true, 1]);
});

it("a maxWaitMs of 0 is over at once", async () => {
  const { timer, advance } = open(0, [1, 2]);
  timer.watch();
  await advance(0);
  expect(timer.isFlushing).toBe(true);
});

it("the first input of another chunk waits for its own time", async () => {
  const { timer, advance, pending } = open(50, [1, 2]);
  timer.watch();
  await advance(30);
  timer.watch();
  expect(pending()).toBe(1);
  await advance(49);
  expect(timer.isFlushing).toBe(false);
  await advance(1);
  expect(timer.isFlushing).toBe(true);
  timer.watch();
  expect(timer.isFlushing).toBe(false);
});

it("what goes out leaves no time running, unless inputs wait behind it, since their own first one", async () => {
  const { timer, advance, pending, packer } = open(50, [1, 2]);
  timer.watch();
  await advance(30);
  timer.sent();
  await advance(20);
  expect(timer.isFlushing).toBe(true);
  packer.waiting = 0;
  timer.sent();
  expect([timer.isFlushing, pending()]).toEqual([false, 0]);
  timer.watch();
  timer.sent();
  expect(pending()).toBe(0);
});

it("a chunk goes out when the source has been quiet for 20 ms and nothing is under way", async () => {
  const { timer, advance, offers, pending } = open();
  timer.watch();
  await advance(19);
  expect([timer.isFlushing, offers.asked]).toEqual([false, 0]);
  await advance(1);
  expect([timer.isFlushing, offers.asked, pending()]).toEqual([true, 1, 0]);
});

it("a source that gives is not quiet until it has given nothing for 20 ms", async () => {
  const { timer, advance, source } = open();
  timer.watch();
  await advance(15);
  source.pulled++;
  await advance(5);
  expect(timer.isFlushing).toBe(false);
  await advance(19);
  expect(timer.isFlushing).toBe(false);
  await advance(1);
  expect(timer.isFlushing).toBe(true);
});

it("a source is not taken for one that waits while something under way may bring it on", async () => {
  const { timer, advance, offers, stage } = open();
  stage.isStuck = false;
  timer.watch();
  await advance(1000);
  expect([timer.isFlushing, offers.asked]).toEqual([false, 0]);
  stage.isStuck = true;
  await advance(20);
  expect([timer.isFlushing, offers.asked]).toEqual([true, 1]);
});

it("once a chunk has gone out the source is watched anew, if an input waits behind it", async () => {
  const { timer, advance, packer, pending } = open();
  timer.watch();
  await advance(20);
  timer.sent();
  expect([timer.isFlushing, pending()]).toEqual([false, 1]);
  await advance(20);
  expect(timer.isFlushing).toBe(true);
  packer.waiting = 0;
  timer.sent();
  expect([timer.isFlushing, pending()]).toEqual([false, 0]);
});

it("with nothing left to wait the source is watched no longer, until an input comes", async () => {
  const { timer, advance, packer, pending } = open();
  timer.watch();
  timer.watch();
  expect(pending()).toBe(1);
  packer.waiting = 0;
  await advance(20);
  expect([timer.isFlushing, pending()]).toEqual([false, 0]);
  packer.waiting = 1;
  timer.watch();
  await advance(20);
  expect(timer.isFlushing).toBe(true);
});

it("a source that gives at once never goes quiet", async () => {
  const { timer, advance, pending } = open(undefined, [1, 2]);
  timer.watch();
  timer.sent();
  expect(pending()).toBe(0);
  await advance(1000);
  expect(timer.isFlushing).toBe(false);
});

it("canceled, it leaves no timer behind", () => {
  const { timer, pending } = open(50);
  timer.cancel();
  timer.watch();
  expect(pending()).toBe(2);
  timer.cancel();
  expect(pending()).toBe(0);
});
