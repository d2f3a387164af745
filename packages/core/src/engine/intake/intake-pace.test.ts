import { flush } from "@batchwise/testkit";
import { expect, it } from "vitest";
import { endless, openIntake } from "../../../test/open-intake.ts";
import { Channel } from "../pipeline/channel.ts";
import { CompletionQueue, OrderedQueue } from "../results/outcome-queues.ts";

it("P17 nothing starts while as many outcomes wait for the consumer as calls could bring, until some are taken", () => {
  const queue = new CompletionQueue<string, string>();
  const { intake, context, offers, begin, end } = openIntake(endless(), {}, { sink: queue });
  intake.poll();
  end(begin());
  expect([intake.poll(), context.source.pulled]).toEqual(["wait", 2]);
  queue.take();
  queue.wake();
  expect([offers.asked, intake.poll()]).toEqual([1, "chunk"]);
});

it("L11 outcomes that are held back for order count as if they were in flight", () => {
  const queue = new OrderedQueue<string, string>();
  const { intake, context, offers, begin, end } = openIntake(endless(), { maxConcurrency: 2 }, { sink: queue });
  intake.poll();
  const slow = begin();
  for (let each = 0; each < 3; each++) {
    expect(intake.poll()).toBe("chunk");
    end(begin());
  }
  expect([intake.poll(), context.source.pulled]).toEqual(["wait", 8]);
  end(slow);
  queue.take();
  queue.wake();
  expect(offers.asked).toBe(1);
});

it("without a limit of inputs a chunk is expected to be as large as the largest so far", () => {
  const queue = new CompletionQueue<string, string>();
  const settings = { request: { maxTokens: 3 }, weigh: () => ({ tokens: 1 }) };
  const { intake, begin, end } = openIntake(endless(), settings, { sink: queue });
  intake.poll();
  end(begin());
  expect([queue.waiting, intake.poll()]).toEqual([3, "wait"]);
  queue.take();
  expect(intake.poll()).toBe("chunk");
});

it("a chunk that is not full goes out after maxWaitMs", async () => {
  async function* source(): AsyncGenerator<string> {
    yield "a";
    await new Promise(() => {});
  }
  const { intake, context, begin } = openIntake(source(), { maxWaitMs: 15 });
  intake.poll();
  await context.clock.advance(14);
  expect([intake.poll(), intake.isIdle]).toEqual(["wait", false]);
  await context.clock.advance(1);
  expect(intake.poll()).toBe("chunk");
  expect(begin().inputs).toEqual(["a"]);
});

it("a chunk that is not full goes out where the source may be waiting for it, but not while a call could bring it on", async () => {
  const more = Promise.withResolvers<void>();
  async function* source(): AsyncGenerator<string> {
    yield* ["a", "b", "c"];
    await more.promise;
    yield "d";
    await new Promise(() => {});
  }
  const { intake, context, begin, end } = openIntake(source(), { maxConcurrency: 2 });
  intake.poll();
  await flush();
  const first = begin();
  intake.poll();
  await context.clock.advance(100);
  expect(intake.poll()).toBe("wait");
  end(first);
  await context.clock.advance(20);
  expect(intake.poll()).toBe("chunk");
  expect(begin().inputs).toEqual(["c"]);
  // The next one has not been waited for in vain yet.
  more.resolve();
  await flush();
  expect([intake.poll(), context.source.pulled]).toEqual(["wait", 4]);
});

it("with a stage before it, it is idle and a chunk that is not full goes out only once that stage is idle too", async () => {
  const feeder = { isIdle: false };
  const source = new Channel({ wake: () => undefined });
  source.feedBy(feeder);
  const { intake, context, begin, end } = openIntake([], {}, { source });
  expect(intake.isIdle).toBe(false);
  source.pass(0, "a");
  expect(intake.poll()).toBe("wait");
  await context.clock.advance(100);
  expect(intake.poll()).toBe("wait");
  feeder.isIdle = true;
  await context.clock.advance(20);
  expect([intake.poll(), intake.isIdle]).toEqual(["chunk", false]);
  end(begin());
  expect(intake.isIdle).toBe(true);
});
