import { expect, it } from "vitest";
import { KeepingReader } from "../../../test/engine-parts.ts";
import { turn } from "../../../test/regressions/held-backend.ts";
import { Channel, type Feeder } from "./channel.ts";

/** Channel with these feeders, all of which are open, and how often its reader was woken. */
function channelOf(...feeders: readonly Feeder[]): { readonly channel: Channel; readonly woken: () => number } {
  let woken = 0;
  const channel = new Channel({ wake: () => woken++ });
  for (const feeder of feeders) channel.feedBy(feeder);
  return { channel, woken: () => woken };
}

const BUSY: Feeder = { isIdle: false };
const IDLE: Feeder = { isIdle: true };

it("hands on what it is passed, in that order, with its index, as far as it is wanted", () => {
  const { channel, woken } = channelOf(BUSY);
  const reader = new KeepingReader(channel);
  for (const [index, input] of [
    [4, "e"],
    [0, undefined],
    [2, "c"],
  ] as const)
    channel.pass(index, input);
  expect([channel.held, channel.pulled, woken()]).toEqual([3, 0, 3]);
  expect(reader.take(2)).toEqual([
    [4, "e"],
    [0, undefined],
  ]);
  expect([channel.held, channel.pulled, channel.ended]).toEqual([1, 2, false]);
});

it("ends when all feeders have ended and all is taken, and knows its total then", () => {
  const { channel } = channelOf(BUSY, BUSY);
  const reader = new KeepingReader(channel);
  const end = (): unknown => [channel.ended, channel.total];
  channel.pass(0, "a");
  reader.take();
  channel.end();
  expect(end()).toEqual([false, undefined]);
  channel.pass(1, "b");
  channel.end();
  expect(end()).toEqual([false, undefined]);
  reader.take();
  expect(end()).toEqual([true, 2]);
});

it("L3 a channel that was passed nothing ends with its feeders, and wakes its reader", () => {
  const { channel, woken } = channelOf(BUSY);
  channel.end();
  expect([channel.ended, channel.total, woken()]).toEqual([true, 0, 1]);
});

it("a stage that waits is woken when something was taken, not from within, and once", async () => {
  const { channel } = channelOf(BUSY);
  let woken = 0;
  channel.wakeWhenTaken({ wake: () => woken++ });
  new KeepingReader(channel).take();
  await turn();
  expect(woken).toBe(0);
  channel.pass(0, "a");
  new KeepingReader(channel).take();
  expect(woken).toBe(0);
  await turn();
  expect(woken).toBe(1);
  channel.pass(1, "b");
  new KeepingReader(channel).take();
  await turn();
  expect(woken).toBe(1);
});

it("a stage that waits is woken once for all that several readers took in one turn", async () => {
  const { channel } = channelOf(BUSY);
  let woken = 0;
  channel.wakeWhenTaken({ wake: () => woken++ });
  for (const index of [0, 1, 2]) {
    channel.pass(index, "a");
    new KeepingReader(channel).take(1);
  }
  await turn();
  expect(woken).toBe(1);
});

it.for([
  ["idle feeders", [IDLE, IDLE], true],
  ["one that is busy", [IDLE, BUSY], false],
] as const)("with %s nothing can come: %s", ([, feeders, expected]) => {
  const { channel } = channelOf(...feeders);
  expect(channel.isIdle()).toBe(expected);
  channel.pass(0, "a");
  expect(channel.isIdle()).toBe(false);
  new KeepingReader(channel).take();
  expect(channel.isIdle()).toBe(expected);
});

it("P12 closed, it takes nothing more, whatever it holds", () => {
  const { channel } = channelOf(BUSY);
  channel.pass(0, "a");
  channel.close();
  expect([channel.ended, channel.held]).toEqual([true, 1]);
});
