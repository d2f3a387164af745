import type { Completed } from "@batchwise/core";
import { describe, expect, test } from "vitest";
import { type Bulk, bulksOf, settleBulk } from "./bulks.ts";
import { loadAllStreamContenders, loadStreamContenders } from "./index.ts";
import { readAhead } from "./read-ahead.ts";
import { drain, lengths, texts, turns } from "./texts.ts";

const SHAPE = { size: 10, inFlight: 3 };
const contenders = await loadAllStreamContenders();

test("names are unique, and the first is the baseline", () => {
  const names = contenders.map((contender) => contender.name);
  expect(new Set(names).size).toBe(names.length);
  expect(names[0]).toBe("hand-written generator");
});

test("an unknown module is refused by name", async () => {
  await expect(loadStreamContenders("rxjs")).rejects.toThrow(/Expected a stream module.*got "rxjs"/);
});

describe.each(contenders)("$name", (contender) => {
  test("L1 yields every text's own outcome once, also for a bulk that is not full", async () => {
    expect(await drain(contender, 257, SHAPE)).toBe(257);
  });

  test("L1 loses no text at the end of a stream of any length, with bulks that are answered at once", async () => {
    const counts = Array.from({ length: 45 }, (_, count) => count);
    const atOnce: Bulk = async (inputs) => inputs.map((text) => text.length);
    const outcomes = await Promise.all(counts.map((count) => collect(contender.run(texts(count), atOnce, SHAPE))));
    expect(outcomes.map((each) => each.length)).toEqual(counts);
  });

  test("L3 yields no outcome for no text, and makes no call", async () => {
    let calls = 0;
    const outcomes = await collect(contender.run(texts(0), async (inputs) => (calls++, lengths(inputs)), SHAPE));
    expect(outcomes).toEqual([]);
    expect(calls).toBe(0);
  });

  test("sends bulks of the given size, and as many at once as allowed", async () => {
    const sizes: number[] = [];
    let inFlight = 0;
    let most = 0;
    const bulk: Bulk = async (inputs) => {
      sizes.push(inputs.length);
      most = Math.max(most, ++inFlight);
      // Long enough for a source of microtasks to fill every bulk that may be in flight.
      await turns(5);
      inFlight--;
      return inputs.map((text) => text.length);
    };
    expect(await collect(contender.run(texts(95), bulk, SHAPE))).toHaveLength(95);
    expect(sizes.toSorted((left, right) => left - right)).toEqual([5, ...Array.from({ length: 9 }, () => 10)]);
    expect(most).toBe(SHAPE.inFlight);
  });

  test("L6 a failed bulk fails only its own texts", async () => {
    const outcomes = await collect(contender.run(texts(40), refusing, SHAPE));
    expect(outcomes).toHaveLength(40);
    const rejected = outcomes.filter((outcome) => outcome.status === "rejected").map((outcome) => outcome.index);
    expect(rejected).toContain(12);
    expect(rejected.every((index) => index >= 10 && index < 20)).toBe(true);
  });

  test("L11 P17 stops pulling and closes the source when the reader leaves", async () => {
    let pulled = 0;
    let closed = false;
    async function* source(): AsyncGenerator<string, void, undefined> {
      try {
        for (;;) yield `text ${pulled++}`;
      } finally {
        closed = true;
      }
    }
    for await (const outcome of contender.run(source(), lengths, SHAPE)) {
      expect(outcome.status).toBe("fulfilled");
      break;
    }
    const then = pulled;
    await turns(10);
    expect(closed).toBe(true);
    // A bulk that was being filled may still be.
    expect(pulled).toBeLessThan(then + SHAPE.size);
  });
});

test("L11 the hand-written generator reads no further ahead than the work in flight and one bulk", async () => {
  const [byHand] = await loadStreamContenders("hand-written");
  const ahead = await readAhead(byHand!, 500, SHAPE);
  expect(ahead.inFlight).toBe(SHAPE.inFlight);
  expect(ahead.unsettled).toBeGreaterThan(SHAPE.size);
  expect(ahead.unsettled).toBeLessThanOrEqual((SHAPE.inFlight + 1) * SHAPE.size);
  expect(ahead.stalled).toBeLessThanOrEqual((SHAPE.inFlight + 1) * SHAPE.size);
});

test("a contender that reads everything ahead is measured", async () => {
  const greedy = {
    name: "greedy",
    package: undefined,
    survives: true,
    async *run(source: AsyncIterable<string>, bulk: Bulk): AsyncGenerator<Completed<string, number>, void, undefined> {
      const all: string[] = [];
      for await (const text of source) all.push(text);
      yield* await settleBulk(bulk, { start: 0, inputs: all });
    },
  };
  const ahead = await readAhead(greedy, 500, SHAPE);
  expect(ahead.unsettled).toBe(500);
  expect(ahead.stalled).toBe(500);
});

test("drain refuses a contender that loses, doubles or mixes up outcomes", async () => {
  const [byHand] = await loadStreamContenders("hand-written");
  const tampered = (
    tamper: (outcome: Completed<string, number>) => readonly Completed<string, number>[],
  ): Promise<number> =>
    drain(
      {
        name: "tampered",
        package: undefined,
        survives: true,
        async *run(...all) {
          for await (const outcome of byHand!.run(...all)) yield* tamper(outcome);
        },
      },
      50,
      SHAPE,
    );
  expect(await tampered((outcome) => [outcome])).toBe(50);
  await expect(tampered((each) => (each.index === 7 ? [] : [each]))).rejects.toThrow(
    "Expected 50 outcomes of tampered",
  );
  await expect(tampered((each) => (each.index === 7 ? [each, each] : [each]))).rejects.toThrow("tampered");
  await expect(tampered((each) => [{ ...each, index: 0 }])).rejects.toThrow("tampered");
  await expect(tampered(({ index, input }) => [{ index, input, status: "fulfilled", value: -1 }])).rejects.toThrow(
    "50 wrong ones",
  );
});

test("bulksOf cuts a stream into bulks with their starts", async () => {
  expect(await collect(bulksOf(texts(5), 2))).toEqual([
    { start: 0, inputs: ["text 0", "text 1"] },
    { start: 2, inputs: ["text 2", "text 3"] },
    { start: 4, inputs: ["text 4"] },
  ]);
});

test("L13 settleBulk fails its texts when the count is wrong, and P36 one text when its slot holds an Error", async () => {
  const short = await settleBulk(async () => [1], { start: 4, inputs: ["a", "b"] });
  expect(short.map((each) => [each.index, each.status])).toEqual([
    [4, "rejected"],
    [5, "rejected"],
  ]);
  const slot = await settleBulk(async () => [1, new Error("b")], { start: 4, inputs: ["a", "b"] });
  expect(slot.map((each) => each.status)).toEqual(["fulfilled", "rejected"]);
});

async function refusing(inputs: readonly string[]): Promise<readonly (number | Error)[]> {
  if (inputs.includes("text 12")) throw new Error("The bulk was refused.");
  return lengths(inputs);
}

async function collect<Each>(source: AsyncIterable<Each>): Promise<Each[]> {
  const all: Each[] = [];
  for await (const each of source) all.push(each);
  return all;
}
