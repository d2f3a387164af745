import { expect, it } from "vitest";
import { type Amounts, ReservationStats } from "./reservation-stats.ts";

const demand = (requests: number, inputs: number, tokens: number): Amounts => {
  const outputTokens = tokens / 4;
  return { requests, inputs, tokens, inputTokens: tokens - outputTokens, outputTokens };
};
const CALL = demand(1, 4, 100);
const NOTHING = demand(0, 0, 0);

it("a call that was alone has seen everything", () => {
  const stats = new ReservationStats();
  const start = stats.mark(0);
  stats.reserve(CALL);
  stats.settle(CALL, CALL, false);
  expect(stats.unseen(start, CALL)).toEqual(NOTHING);
});

it("a response may not have counted what was in flight as its call began", () => {
  const stats = new ReservationStats();
  stats.reserve(demand(1, 2, 30));
  const start = stats.mark(7);
  expect(start.at).toBe(7);
  stats.reserve(CALL);
  stats.settle(CALL, CALL, false);
  expect(stats.unseen(start, CALL)).toEqual(demand(1, 2, 30));
});

it("a response may not have counted what began after its call", () => {
  const stats = new ReservationStats();
  const start = stats.mark(0);
  stats.reserve(CALL);
  stats.reserve(demand(1, 2, 30));
  stats.reserve(demand(1, 1, 5));
  stats.settle(demand(1, 1, 5), demand(1, 1, 5), false);
  stats.settle(CALL, CALL, false);
  expect(stats.unseen(start, CALL)).toEqual(demand(2, 3, 35));
});

it("what had ended before it began has been counted", () => {
  const stats = new ReservationStats();
  stats.reserve(demand(1, 2, 30));
  stats.settle(demand(1, 2, 30), demand(1, 2, 20), false);
  const start = stats.mark(0);
  stats.reserve(CALL);
  stats.settle(CALL, CALL, false);
  expect(stats.unseen(start, CALL)).toEqual(NOTHING);
});

it("P28 counts what the provider counted, not what was reserved", () => {
  const stats = new ReservationStats();
  const start = stats.mark(0);
  stats.reserve(CALL);
  stats.reserve(demand(1, 2, 30));
  stats.settle(demand(1, 2, 30), demand(1, 2, 12), false);
  stats.settle(CALL, demand(1, 4, 60), false);
  expect(stats.unseen(start, demand(1, 4, 60))).toEqual(demand(1, 2, 12));
});

it("a call that begins only now is no part of what was there as it began", () => {
  const stats = new ReservationStats();
  stats.reserve(demand(1, 2, 30));
  stats.reserve(CALL);
  stats.reserve(demand(1, 1, 5));
  const start = stats.markAgain(9, CALL);
  expect(start).toEqual({ at: 9, open: demand(2, 3, 35), spent: demand(2, 3, 35), refused: NOTHING });
  stats.settle(CALL, CALL, false);
  expect(stats.unseen(start, CALL)).toEqual(demand(2, 3, 35));
});

it("what a limit has refused has been taken all the same, and is known", () => {
  const stats = new ReservationStats();
  stats.reserve(CALL);
  stats.settle(CALL, CALL, true);
  stats.reserve(CALL);
  stats.settle(CALL, demand(1, 4, 60), false);
  stats.reserve(CALL);
  stats.settle(CALL, demand(1, 4, 7), true);
  expect(stats.mark(0)).toMatchObject({ spent: demand(3, 12, 167), refused: demand(2, 8, 107) });
});
