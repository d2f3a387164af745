import { expect, it } from "vitest";
import { countOffers } from "../../../test/engine-parts.ts";
import { Semaphore } from "./semaphore.ts";

it.for([1, 2, 5])("L8 grants its capacity of %i and no more, and again what came back", (capacity) => {
  const semaphore = new Semaphore(capacity, undefined);
  for (let each = 0; each < capacity; each++) expect(semaphore.tryAcquire()).toBe(true);
  expect(semaphore.tryAcquire()).toBe(false);
  semaphore.putBack();
  expect(semaphore.tryAcquire()).toBe(true);
  expect(semaphore.tryAcquire()).toBe(false);
});

it("asks a stage that joins at once, and one that has left no more", () => {
  const semaphore = new Semaphore(1, undefined);
  const first = countOffers(semaphore);
  const second = countOffers(semaphore);
  expect(first.asked).toBe(1);
  semaphore.leave(second);
  semaphore.wake();
  expect([first.asked, second.asked]).toEqual([2, 0]);
});

it("offers a permit that is given back, and none that had no use", () => {
  const semaphore = new Semaphore(1, undefined);
  const stage = countOffers(semaphore);
  semaphore.tryAcquire();
  semaphore.putBack();
  expect(stage.asked).toBe(0);
  semaphore.tryAcquire();
  semaphore.release();
  expect(stage.asked).toBe(1);
  expect(semaphore.tryAcquire()).toBe(true);
});

it("asks the stage that joined last first, each for as long as it takes permits", () => {
  const semaphore = new Semaphore(3, undefined);
  const order: string[] = [];
  const wishes = { upstream: 0, downstream: 0 };
  for (const name of ["upstream", "downstream"] as const) {
    semaphore.join({
      claim() {
        if (wishes[name] === 0 || !semaphore.tryAcquire()) return false;
        wishes[name]--;
        order.push(name);
        return true;
      },
    });
  }
  Object.assign(wishes, { upstream: 3, downstream: 2 });
  semaphore.wake();
  expect(order).toEqual(["downstream", "downstream", "upstream"]);
});

it("offers a permit that comes back while it offers once more, from the first stage on, and never within a claim", () => {
  const semaphore = new Semaphore(1, undefined);
  const order: string[] = [];
  let isInside = false;
  let left = 2;
  semaphore.join({
    claim() {
      order.push("slow");
      return false;
    },
  });
  semaphore.join({
    claim() {
      expect(isInside).toBe(false);
      isInside = true;
      order.push("quick");
      // Work that ends before it returns.
      if (left-- > 0 && semaphore.tryAcquire()) semaphore.release();
      isInside = false;
      return false;
    },
  });
  expect(order).toEqual(["slow", "quick", "slow", "quick", "slow", "quick", "slow"]);
});

it("goes on offering after a claim that threw", () => {
  const semaphore = new Semaphore(1, undefined);
  const stage = countOffers(semaphore);
  let isFaulty = true;
  const claim = (): boolean => {
    if (isFaulty) throw new Error("A fault of the stage.");
    return false;
  };
  expect(() => semaphore.join({ claim })).toThrow("A fault of the stage.");
  isFaulty = false;
  semaphore.wake();
  expect(stage.asked).toBe(1);
});

it("is contended where another stage of the same root may wait, nested or not", () => {
  const root = new Semaphore(2, undefined);
  const nested = new Semaphore(2, { semaphore: root, isBorrowed: false, limiter: undefined, outer: undefined });
  countOffers(root);
  expect([root.isContended, nested.isContended]).toEqual([false, false]);
  const inner = countOffers(nested);
  expect([root.isContended, nested.isContended]).toEqual([true, true]);
  nested.leave(inner);
  expect(root.isContended).toBe(false);
});
