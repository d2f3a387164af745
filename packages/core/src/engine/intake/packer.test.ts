import fc from "fast-check";
import { expect, it } from "vitest";
import type { Weight } from "../../contract/runnable.ts";
import { Calibration } from "../../rate-limit/calibration.ts";
import type { ChunkLimits } from "./chunk-size.ts";
import { Packer } from "./packer.ts";

interface Parts {
  readonly packer: Packer<Weight>;
  readonly calibration: Calibration;
  /** Adds inputs that weigh so many tokens, while the packer is open. Returns what each `add` returned. */
  readonly add: (...tokens: number[]) => boolean[];
  /** Indexes of the next chunk. */
  readonly take: (partial?: boolean) => readonly number[] | undefined;
}

/** Packer of inputs that are their own weights. */
function open(limits: Partial<ChunkLimits>): Parts {
  const calibration = new Calibration();
  const all = { maxInputs: Infinity, maxTokens: Infinity, maxBytes: Infinity, ...limits };
  const packer = new Packer<Weight>({ limits: all, weigh: (weight) => weight, calibration });
  let next = 0;
  return {
    packer,
    calibration,
    add: (...tokens) => tokens.filter(() => packer.isOpen).map((each) => packer.add(next++, { tokens: each })),
    take: (partial = false) => (packer.isReady(partial) ? packer.take()?.indexes : undefined),
  };
}

it("has nothing to give before something is added", () => {
  const { packer, take } = open({});
  expect(packer).toMatchObject({ held: 0, waiting: 0, isOpen: true });
  expect([packer.isReady(false), packer.isReady(true), take(true)]).toEqual([false, false, undefined]);
});

it("gives a chunk when it is full, and one that is not only where that is wanted", () => {
  const { packer, add, take } = open({ maxInputs: 2 });
  add(1);
  expect([packer.isReady(false), packer.isReady(true), take()]).toEqual([false, true, undefined]);
  expect(packer).toMatchObject({ held: 1, waiting: 1, isOpen: true });
  add(1);
  expect(packer.isReady(false)).toBe(true);
  expect(packer).toMatchObject({ held: 2, waiting: 0, isOpen: false });
  expect(take()).toEqual([0, 1]);
  add(1);
  expect(take(true)).toEqual([2]);
  expect(packer).toMatchObject({ held: 0, waiting: 0, isOpen: true });
});

it("a chunk of one input is full at once", () => {
  const { packer, add, take } = open({ maxInputs: 1 });
  expect([add(1), packer.isOpen, take(), packer.isOpen]).toEqual([[false], false, [0], true]);
});

it("tells of the first input of each chunk that is left to fill", () => {
  const { add, take } = open({ maxInputs: 3, maxTokens: 10 });
  expect(add(4, 4)).toEqual([true, false]);
  // It does not fit and begins the next chunk, while the one before waits.
  expect([add(4), take()]).toEqual([[true], [0, 1]]);
  expect([add(1, 1), take()]).toEqual([
    [false, false],
    [2, 3, 4],
  ]);
});

it.for([
  ["tokens", { maxTokens: 10 }, { tokens: 5 }],
  ["bytes", { maxBytes: 10 }, { bytes: 5 }],
] as const)("fills a chunk up to its %s exactly, and not beyond", ([unit, limits, weight]) => {
  const { packer, take } = open(limits);
  packer.add(0, weight);
  packer.add(1, weight);
  expect([packer.isOpen, packer.waiting]).toEqual([true, 2]);
  packer.add(2, { [unit]: 1 });
  expect(packer).toMatchObject({ held: 3, waiting: 1, isOpen: false });
  expect([take(), take(), take(true)]).toEqual([[0, 1], undefined, [2]]);
});

it("P27 an input that is over a limit by itself goes out alone", () => {
  const { add, take } = open({ maxTokens: 10 });
  expect(add(3)).toEqual([true]);
  add(11);
  expect(take()).toEqual([0]);
  add(3);
  expect([take(), take(true)]).toEqual([[1], [2]]);
});

it("an input whose weighing throws takes no place", () => {
  const weigh = (text: string): Weight => {
    if (text === "bad") throw new TypeError("No text.");
    return {};
  };
  const limits = { maxInputs: 2, maxTokens: 1, maxBytes: 1 };
  const packer = new Packer<string>({ limits, weigh, calibration: undefined });
  packer.add(0, "good");
  expect(() => packer.add(1, "bad")).toThrow("No text.");
  expect(packer).toMatchObject({ held: 1, waiting: 1, isOpen: true });
});

it("without weights only the number of inputs counts", () => {
  const limits = { maxInputs: 2, maxTokens: 1, maxBytes: 1 };
  const packer = new Packer<string>({ limits, weigh: undefined, calibration: undefined });
  packer.add(0, "a long text");
  packer.add(1, "another one");
  expect(packer.take()).toMatchObject({ size: 2, tokens: 0, bytes: 0 });
});

it("packs as many tokens as the provider is expected to count, and goes by what it expects when a chunk goes out", () => {
  const { calibration, packer, add, take } = open({ maxTokens: 10 });
  calibration.factor = 0.25;
  add(10, 10, 10, 10, 1);
  expect([packer.isOpen, packer.held]).toEqual([false, 5]);
  // It has learned meanwhile that they count for twice as much.
  calibration.factor = 0.5;
  expect(take()).toEqual([0, 1]);
  expect(packer).toMatchObject({ held: 3, waiting: 3 });
  expect([take(true), take(true)]).toEqual([[2, 3], [4]]);
});

it("what is put back goes out first, together with what waits behind it", () => {
  const { packer, add } = open({ maxInputs: 3 });
  add(1, 1, 1);
  const [, rest] = packer.take()?.cut(1) ?? [];
  add(1);
  packer.putBack(rest as never);
  expect(packer).toMatchObject({ held: 3, waiting: 1, isOpen: false });
  expect(packer.take()?.indexes).toEqual([1, 2]);
  expect(packer.take()?.indexes).toEqual([3]);
});

const weight = fc.record({ tokens: fc.integer({ min: 0, max: 6 }), bytes: fc.integer({ min: 0, max: 6 }) });
const limit = fc.integer({ min: 1, max: 12 });
const anyLimits = fc.record({ maxInputs: limit, maxTokens: limit, maxBytes: limit });
const moves = fc.array(fc.tuple(fc.constantFrom("add", "full", "any"), fc.nat({ max: 4 })), { maxLength: 80 });

it("L1 every input goes out once and in order, in chunks within the limits, whatever is put back in between", () => {
  const play = (limits: ChunkLimits, weights: readonly Weight[], all: readonly (readonly [string, number])[]): void => {
    const packer = new Packer<Weight>({ limits, weigh: (each) => each, calibration: undefined });
    const sent: number[] = [];
    let next = 0;
    const last = weights.flatMap(() => [["add", 0] as const, ["any", 0] as const]);
    for (const [move, part] of [...all, ...last]) {
      if (move === "add" && packer.isOpen && next < weights.length) packer.add(next, weights[next++] as Weight);
      let chunk = move === "add" ? undefined : packer.isReady(move === "any") ? packer.take() : undefined;
      if (chunk === undefined) continue;
      const { size, tokens, bytes } = chunk;
      const isWithin = size <= limits.maxInputs && tokens <= limits.maxTokens && bytes <= limits.maxBytes;
      expect(size === 1 || isWithin).toBe(true);
      if (part > 0 && part < chunk.size) {
        const [first, rest] = chunk.cut(part);
        packer.putBack(rest);
        chunk = first;
      }
      sent.push(...chunk.indexes);
      expect(packer.held).toBe(next - sent.length);
    }
    expect(sent).toEqual(weights.map((_, index) => index));
  };
  fc.assert(fc.property(anyLimits, fc.array(weight, { maxLength: 20 }), moves, play), { numRuns: 1000 });
});

it("L1 every input goes out once where a chunk that was too heavy is cut and then cut again", () => {
  const { packer, take } = open({ maxTokens: 6, maxBytes: 10 });
  const weights = [
    ...Array.from({ length: 3 }, () => ({ tokens: 2, bytes: 2 })),
    { tokens: 5, bytes: 1 },
    { bytes: 10 },
  ];
  const takeOne = (): readonly number[] => {
    const [first, rest] = packer.take()?.cut(1) ?? [];
    packer.putBack(rest as never);
    return first?.indexes ?? [];
  };
  for (const index of [0, 1, 2, 3]) packer.add(index, weights[index] as Weight);
  const sent = [...takeOne()];
  packer.add(4, weights[4] as Weight);
  // Of the inputs 1 to 3, number 3 is put back for its weight, and then number 2: both wait before number 4.
  sent.push(...takeOne());
  for (let chunk = take(true); chunk !== undefined; chunk = take(true)) sent.push(...chunk);
  expect(sent).toEqual([0, 1, 2, 3, 4]);
});

it("P55 fills a chunk to the weight that is aimed at, and not beyond the limits", () => {
  const { packer, add, take } = open({ maxInputs: 9, maxTokens: 20 });
  packer.aim(10);
  add(4, 4, 4);
  expect(take()).toEqual([0, 1]);
  packer.aim(100);
  add(8, 8, 8);
  expect(take()).toEqual([2, 3, 4]);
});

it("P55 a chunk that was filled before less was aimed at is cut", () => {
  const { packer, add, take } = open({ maxTokens: 20 });
  add(5, 5, 5, 5, 5);
  packer.aim(10);
  expect([take(), take(true), take(true)]).toEqual([[0, 1], [2, 3], [4]]);
});

it("P55 with nothing weighed, inputs are what is aimed at: a whole number of them, and never none", () => {
  const limits = { maxInputs: 4, maxTokens: Infinity, maxBytes: Infinity };
  const packer = new Packer<number>({ limits, weigh: undefined, calibration: undefined });
  const next = (weight: number): number | undefined => {
    packer.aim(weight);
    for (let index = 0; packer.isOpen && index < 9; index++) packer.add(index, index);
    return packer.take()?.size;
  };
  expect([next(2.4), next(0.1), next(100)]).toEqual([2, 1, 4]);
});
