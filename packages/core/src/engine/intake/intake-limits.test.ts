import { expect, it } from "vitest";
import { countOffers, stageContext } from "../../../test/engine-parts.ts";
import { bulkRunnable } from "../../compose/functions.ts";
import type { RateLimiter } from "../../contract/rate-limiter.ts";
import type { Inputs } from "../../contract/runnable.ts";
import { Admission } from "../admission/admission.ts";
import { Settler } from "../results/settler.ts";
import { Intake } from "./intake.ts";

interface Parts {
  readonly intake: Intake<number, number>;
  readonly settler: Settler<number, number>;
  readonly limiter: { probing: boolean; msPerToken: number };
  readonly offers: { readonly asked: number };
}

const count = (inputs: number): readonly number[] => Array.from({ length: inputs }, (_, index) => index);
const span = (from: number, to: number): readonly number[] => count(to).slice(from);

/** Intake of a stage of 32 inputs a chunk, at a limiter where each token costs 100 ms. */
function open(inputs: Inputs<number>, tokens = 1): Parts {
  const limiter = {
    probing: false,
    msPerToken: 100,
    reserve: () => Promise.reject(new Error("Nothing is reserved here.")),
    waitMs: (demand: { readonly tokens: number }): number => demand.tokens * limiter.msPerToken,
  } satisfies RateLimiter & { msPerToken: number };
  const subject = bulkRunnable(async (numbers: readonly number[]) => numbers, {
    limiter,
    weigh: () => ({ tokens }),
    request: { maxInputs: 32 },
    maxConcurrency: 5,
  });
  const context = stageContext(subject, inputs);
  const settler = new Settler(context);
  const intake = new Intake(context, settler, new Admission(context));
  return { intake, settler, limiter, offers: countOffers(context.semaphore) };
}

it("the chunk that finds out the limits is small, and goes alone until its first call is over", () => {
  const { intake, limiter, offers } = open(count(40), 5000);
  limiter.probing = true;
  expect(intake.poll()).toBe("chunk");
  const probe = intake.take();
  expect(probe.indexes).toEqual([0, 1]);
  limiter.probing = false;
  expect(intake.poll()).toBe("wait");
  intake.called(probe.pick([0]), true);
  expect([intake.poll(), offers.asked]).toEqual(["wait", 0]);
  intake.called(probe, true);
  expect([intake.poll(), offers.asked]).toEqual(["chunk", 1]);
  expect(intake.take().indexes).toEqual(span(2, 34));
  intake.called(probe, true);
  expect(offers.asked).toBe(1);
});

it("where nothing is to be found out a chunk is as large as it may be", () => {
  const { intake } = open(count(40), 5000);
  intake.poll();
  expect(intake.take().indexes).toEqual(count(32));
});

it("a chunk that waits at the limits near the end is at most half of what has not been sent; the rest goes next", () => {
  const { intake } = open(count(40));
  intake.poll();
  const part = intake.lighten(intake.take());
  expect(part.indexes).toEqual(count(20));
  expect(intake.poll()).toBe("chunk");
  expect(intake.take().indexes).toEqual(span(20, 40));
});

it("the rest of a chunk goes next where the source had nothing more", () => {
  const { intake } = open(count(32));
  intake.poll();
  expect(intake.lighten(intake.take()).indexes).toEqual(count(16));
  expect(intake.poll()).toBe("chunk");
  expect(intake.take().indexes).toEqual(span(16, 32));
});

it("inputs that were put back count among those that have not been sent", () => {
  const { intake, limiter } = open(count(40), 500);
  limiter.probing = true;
  intake.poll();
  const probe = intake.take();
  expect(probe.size).toBe(20);
  expect(intake.lighten(probe)).toBe(probe);
});

it("a chunk that waits at the limits is whole far from the end, and where the end is not known", () => {
  for (const inputs of [count(64), new Set(count(40))]) {
    const { intake } = open(inputs);
    intake.poll();
    const chunk = intake.take();
    expect(intake.lighten(chunk)).toBe(chunk);
  }
});

it("a part of the chunk that finds out the limits finds them out in its place", () => {
  const { intake, limiter } = open(count(40));
  limiter.probing = true;
  intake.poll();
  const probe = intake.take();
  const part = intake.lighten(probe);
  expect(part.size).toBe(20);
  intake.called(probe, true);
  expect(intake.poll()).toBe("wait");
  intake.called(part, true);
  expect(intake.poll()).toBe("chunk");
});

it("in recovery a part is at most its share of the inputs that have no outcome", () => {
  const { intake, settler } = open(count(320));
  intake.poll();
  const chunk = intake.take();
  expect(intake.nearEnd.lastPart(chunk, 1 / 16)).toBe(20);
  for (const index of count(48)) settler.fulfill(100 + index, index, index);
  expect(intake.nearEnd.lastPart(chunk, 1 / 16)).toBe(17);
  const { intake: unknown } = open(new Set(count(320)));
  unknown.poll();
  expect(unknown.nearEnd.lastPart(unknown.take(), 1 / 16)).toBe(32);
});

it("a chunk is spare once all inputs are on their way and no limit is near", () => {
  const { intake, limiter } = open(count(40));
  limiter.msPerToken = 0;
  intake.poll();
  const chunk = intake.take();
  expect(intake.nearEnd.isSpare(chunk)).toBe(false);
  intake.poll();
  expect(intake.nearEnd.isSpare(chunk)).toBe(false);
  intake.take();
  expect(intake.nearEnd.isSpare(chunk)).toBe(true);
  limiter.msPerToken = 1;
  expect(intake.nearEnd.isSpare(chunk)).toBe(false);
});
