import fc from "fast-check";
import { expect, it } from "vitest";
import { type Permit, Semaphore } from "./semaphore.ts";

const permitOf = (semaphore: Semaphore, outer?: Permit): Permit => ({
  semaphore,
  isBorrowed: false,
  limiter: undefined,
  outer,
});

/** Permits that can be taken now; they are put back. */
function free(semaphore: Semaphore, most: number): number {
  let taken = 0;
  while (taken < most && semaphore.tryAcquire()) taken++;
  for (let each = 0; each < taken; each++) semaphore.putBack();
  return taken;
}

it("P14 a nested batch's first call runs on its parent's permit, the others on free ones", () => {
  const root = new Semaphore(2, undefined);
  root.tryAcquire();
  const nested = new Semaphore(5, permitOf(root));
  expect(nested.tryAcquire()).toBe(true);
  expect(free(root, 9)).toBe(1);
  expect(nested.tryAcquire()).toBe(true);
  expect(free(root, 9)).toBe(0);
  expect(nested.tryAcquire()).toBe(false);
  // The one that was free goes back first, the parent's own last.
  nested.putBack();
  expect(free(root, 9)).toBe(1);
  nested.putBack();
  expect(free(root, 9)).toBe(1);
  expect(nested.tryAcquire()).toBe(true);
});

it("a nested batch's own capacity holds, though its root has permits", () => {
  const root = new Semaphore(9, undefined);
  root.tryAcquire();
  const nested = new Semaphore(2, permitOf(root));
  expect(free(nested, 9)).toBe(2);
});

it("L8 never more calls in flight than the root's capacity, however deep, and a nested batch can always go on", () => {
  const capacities = fc.integer({ min: 1, max: 4 });
  const moves = fc.array(fc.tuple(fc.constantFrom("open", "close"), fc.nat({ max: 20 })), { maxLength: 60 });
  const hold = (capacity: number, own: number, all: readonly (readonly ["open" | "close", number])[]): void => {
    const root = new Semaphore(capacity, undefined);
    const tree = new CallTree(root, own);
    for (const [move, pick] of all) {
      tree[move](pick);
      expect(free(root, 9)).toBe(capacity - tree.inFlight.length);
    }
    expect(tree.isStuck).toBe(false);
  };
  fc.assert(fc.property(capacities, capacities, moves, hold));
});

interface Call {
  readonly from: Semaphore;
  /** Semaphore of the batch that runs in it. */
  readonly inner: Semaphore;
  readonly outer: Call | undefined;
}

/** Calls with batches in them, whose calls have batches in them, and so on. */
class CallTree {
  /** True once a nested batch with nothing in flight was refused a permit. */
  isStuck = false;
  #calls: Call[] = [];
  readonly #root: Semaphore;
  readonly #own: number;

  constructor(root: Semaphore, own: number) {
    this.#root = root;
    this.#own = own;
  }

  /** Calls that don't just wait for those of a batch of their own. */
  get inFlight(): Call[] {
    return this.#calls.filter((call) => !this.#hasInner(call));
  }

  open(pick: number): void {
    const outer = this.#calls[pick % (this.#calls.length + 1)];
    const from = outer?.inner ?? this.#root;
    if (from.tryAcquire()) this.#calls.push({ from, outer, inner: new Semaphore(this.#own, permitOf(from)) });
    else this.isStuck ||= outer !== undefined && !this.#hasInner(outer);
  }

  close(pick: number): void {
    const ends = this.inFlight[pick];
    ends?.from.release();
    this.#calls = this.#calls.filter((call) => call !== ends);
  }

  #hasInner(call: Call): boolean {
    return this.#calls.some(({ outer }) => outer === call);
  }
}
