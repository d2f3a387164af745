import { flush } from "@batchwise/testkit";
import { expect, it } from "vitest";
import { endless, openIntake } from "../../../test/open-intake.ts";
import type { Chunk } from "./chunk.ts";

it("L3 of no inputs nothing is made", () => {
  const { intake } = openIntake([]);
  expect([intake.poll(), intake.isIdle]).toEqual(["done", true]);
});

it("hands full chunks out, then the rest, and is done when all are finished", () => {
  const { intake, begin, end } = openIntake(["a", "b", "c", "d", "e"], { maxConcurrency: 5 });
  expect(intake.isIdle).toBe(true);
  const chunks = [1, 2, 3].map(() => {
    expect(intake.poll()).toBe("chunk");
    return begin();
  });
  expect(chunks.map(({ inputs }) => inputs.join(""))).toEqual(["ab", "cd", "e"]);
  for (const chunk of chunks) {
    expect([intake.poll(), intake.isIdle]).toEqual(["wait", false]);
    end(chunk);
  }
  expect([intake.poll(), intake.isIdle]).toEqual(["done", true]);
});

it("L11 takes nothing from its source while no call may begin", () => {
  const { intake, context, begin, end } = openIntake(endless());
  expect(context.source.pulled).toBe(0);
  intake.poll();
  const chunk = begin();
  expect([intake.poll(), context.source.pulled]).toEqual(["wait", 2]);
  end(chunk);
  expect([intake.poll(), context.source.pulled]).toEqual(["chunk", 4]);
});

it.for([0, 1])(
  "L11 takes on twice what can be in flight and no more, with %i of 2 inputs settled in each chunk",
  (settled) => {
    const { intake, context, begin, fail, finish } = openIntake(endless(), { maxConcurrency: 2 });
    const chunks = [1, 2, 3, 4].map(() => {
      expect(intake.poll()).toBe("chunk");
      const chunk = begin();
      fail(chunk, settled);
      return chunk;
    });
    expect([intake.poll(), context.source.pulled]).toEqual(["wait", 8]);
    finish(chunks[0] as Chunk<string>, settled);
    expect([intake.poll(), context.source.pulled]).toEqual(["chunk", 10]);
  },
);

it("L11 what is packed already waits, too, while twice what can be in flight is going to be tried again", () => {
  const settings = { request: { maxTokens: 3 }, weigh: () => ({ tokens: 2 }) };
  const { intake, context, begin, fail, finish } = openIntake(["a", "b", "c"], settings);
  intake.poll();
  const first = begin();
  fail(first, 0);
  intake.poll();
  fail(begin(), 0);
  expect(context.source.ended).toBe(true);
  expect(intake.poll()).toBe("wait");
  finish(first);
  expect(intake.poll()).toBe("chunk");
  expect(begin().inputs).toEqual(["c"]);
});

it("an async source wakes the stage when it has given, and is asked for no more than a chunk", async () => {
  let pulled = 0;
  async function* source(): AsyncGenerator<string> {
    for (; ; pulled++) yield "text";
  }
  const { intake, offers, begin } = openIntake(source());
  expect(intake.poll()).toBe("wait");
  await flush();
  expect([offers.asked, intake.poll(), pulled]).toEqual([1, "chunk", 1]);
  begin();
  await flush();
  expect(pulled).toBe(1);
});

it("P38 an input that equals one before takes no place in a chunk and gets its outcome", () => {
  const { intake, context, begin, end } = openIntake(["a", "a", "b", "a"], { dedupe: true });
  intake.poll();
  const chunk = begin();
  expect(chunk.indexes).toEqual([0, 2]);
  end(chunk);
  intake.poll();
  expect(context.values).toEqual(["a", "a", "b", "a"]);
});

it("equal inputs that fill all that may be taken on don't hold back the one they wait for", () => {
  const { intake, context, begin } = openIntake(
    endless(() => "same"),
    { dedupe: true },
  );
  expect([intake.poll(), context.source.pulled]).toEqual(["chunk", 4]);
  expect(begin().indexes).toEqual([0]);
});

it.for([
  ["weigh", { weigh: refuse }],
  ["dedupe", { dedupe: refuse }],
] as const)("an input for which `%s` throws fails alone, and takes no place in a chunk", ([, settings]) => {
  const { intake, context, begin } = openIntake(["a", "bad", "c"], settings);
  intake.poll();
  expect(begin().indexes).toEqual([0, 2]);
  expect(context.values[1]).toEqual(new TypeError("Too long."));
});

function refuse(text: string): object {
  if (text === "bad") throw new TypeError("Too long.");
  return {};
}

it("closed, it takes and gives nothing more, and leaves no timer behind", async () => {
  let isClosed = false;
  const steps = [Promise.resolve({ value: "a" }), new Promise<never>(() => {})];
  const iterator: AsyncIterator<string> = {
    next: () => steps.shift() as Promise<IteratorYieldResult<string>>,
    async return() {
      isClosed = true;
      return { done: true, value: undefined };
    },
  };
  const { intake, context } = openIntake({ [Symbol.asyncIterator]: () => iterator }, { maxWaitMs: 50 });
  intake.poll();
  await flush();
  expect([intake.wants(), context.clock.pending]).toEqual([true, 2]);
  intake.close();
  expect([intake.poll(), intake.wants(), context.source.ended, isClosed]).toEqual(["done", false, true, true]);
  expect(context.clock.pending).toBe(0);
});
