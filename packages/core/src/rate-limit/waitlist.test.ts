import { expect, it } from "vitest";
import type { Demand, Reservation, ReserveOptions } from "../contract/rate-limiter.ts";
import { countListeners, turn, type Watched, watch } from "../../test/regressions/held-backend.ts";
import { Waitlist } from "./waitlist.ts";

const RESERVATION: Reservation = { settle: () => undefined };
const NAMES = ["requests", "inputs", "tokens"] as const;

/** Waitlist whose waiters are told apart by the tokens that they want, and the leaves that it told of. */
function waiting(): {
  readonly list: Waitlist;
  readonly left: number[];
  readonly join: (tokens: number, options?: ReserveOptions) => Watched<Reservation>;
} {
  const list = new Waitlist();
  const left: number[] = [];
  const demand = (tokens: number): Demand => Object.fromEntries(NAMES.map((name) => [name, tokens])) as never;
  return {
    list,
    left,
    join: (tokens, options = {}) => watch(list.join(demand(tokens), options, () => left.push(tokens))),
  };
}

/** Grants the first waiter, and the next one, to the end: the order in which they went. */
function grantAll(list: Waitlist): number[] {
  const order: number[] = [];
  for (let { first } = list; first !== undefined; { first } = list) {
    order.push(first.demand.tokens);
    first.grant(RESERVATION);
  }
  return order;
}

it("P20 nested calls go first, then urgent ones, and each line in its order", () => {
  const { list, join } = waiting();
  expect(list.first).toBeUndefined();
  join(1);
  join(2, { urgent: true });
  join(3, { nested: true });
  join(4, { urgent: false, nested: false });
  join(5, { urgent: true });
  join(6, { nested: true, urgent: true });
  expect(list.first?.options).toEqual({ nested: true });
  expect(grantAll(list)).toEqual([3, 6, 2, 5, 1, 4]);
  expect(list.first).toBeUndefined();
});

it.for([
  ["a usual one", {}, true, false],
  ["an urgent one", { urgent: true }, true, false],
  ["a nested one", { nested: true }, true, true],
] as const)(
  "a call that comes waits behind %s, and a nested call only behind nested ones",
  ([, options, usual, nested]) => {
    const { list, join } = waiting();
    expect([{}, { nested: true }].map((each) => list.isAheadOf(each))).toEqual([false, false]);
    join(1, options);
    expect(list.isAheadOf({})).toBe(usual);
    expect(list.isAheadOf({ urgent: true })).toBe(usual);
    expect(list.isAheadOf({ nested: true })).toBe(nested);
    grantAll(list);
    expect(list.isAheadOf({})).toBe(false);
  },
);

it("a waiter gets the reservation that it is granted", async () => {
  const { list, join } = waiting();
  const waiter = join(1);
  await turn();
  expect(waiter.state).toBe("pending");
  grantAll(list);
  await turn();
  expect(waiter.value).toBe(RESERVATION);
});

it("P12 an abort takes the waiter out at once, says so, and leaves the order of the others", async () => {
  const { list, left, join } = waiting();
  const controller = new AbortController();
  join(1);
  const second = join(2, { signal: controller.signal });
  join(3);
  controller.abort("enough");
  expect(left).toEqual([2]);
  await turn();
  expect(second.reason).toBe("enough");
  expect(grantAll(list)).toEqual([1, 3]);
});

it("P12 with a signal that is aborted already a call never waits", async () => {
  const { list, left, join } = waiting();
  const late = join(1, { signal: AbortSignal.abort("too late"), nested: true });
  await turn();
  expect([late.reason, list.first, left]).toEqual(["too late", undefined, []]);
});

it("an abort after the grant takes out no other, in the same turn either", async () => {
  const { list, left, join } = waiting();
  const controller = new AbortController();
  const listeners = countListeners(controller.signal);
  const first = join(1, { signal: controller.signal });
  join(2);
  list.first?.grant(RESERVATION);
  controller.abort("too late");
  await turn();
  expect(first.value).toBe(RESERVATION);
  expect([left, listeners.size]).toEqual([[], 0]);
  expect(grantAll(list)).toEqual([2]);
});
