import { expect, it } from "vitest";
import { CollectingSink, KeepingReader } from "../../../test/engine-parts.ts";
import { Channel } from "./channel.ts";
import { type Routes, StageOutput } from "./stage-output.ts";

const ERROR = new Error("no");

interface Joined {
  readonly output: StageOutput;
  readonly out: CollectingSink<unknown, unknown>;
  readonly origins: Map<number, unknown>;
  readonly next: Channel;
  readonly other: Channel;
}

/** Output of a stage with ways on: to a next stage, to an alternative, or to none. */
function joined(ways: "next" | "other" | "both" | "none", isFirst: boolean = true): Joined {
  const [next, other] = [new Channel({ wake: () => undefined }), new Channel({ wake: () => undefined })];
  for (const channel of [next, other]) channel.feedBy({ isIdle: true });
  const out = new CollectingSink<unknown, unknown>();
  const origins = new Map<number, unknown>();
  const routes: Routes = {
    onFulfilled: ways === "next" || ways === "both" ? next : undefined,
    onRejected: ways === "other" || ways === "both" ? other : undefined,
    out,
    origins,
    isFirst,
  };
  return { output: new StageOutput(routes), out, origins, next, other };
}

/** Indexes and inputs that wait in a channel. */
const heldBy = (channel: Channel): unknown[] => new KeepingReader(channel).take();

it.for([
  ["next", [[3, "value"]], [], [[4, "in 4", ERROR]]],
  ["other", [], [[4, "in 4"]], [[3, "in 3", "value"]]],
  ["both", [[3, "value"]], [[4, "in 4"]], []],
  [
    "none",
    [],
    [],
    [
      [3, "in 3", "value"],
      [4, "in 4", ERROR],
    ],
  ],
] as const)(
  "P1 P4 with a way to %s, a value goes to the next stage, an input that failed to the alternative",
  ([ways, next, other, out]) => {
    const stage = joined(ways);
    stage.output.fulfill(3, "in 3", "value");
    stage.output.reject(4, "in 4", ERROR);
    expect([heldBy(stage.next), heldBy(stage.other), stage.out.outcomes]).toEqual([next, other, out]);
    expect(stage.output.catches).toBe(ways === "other" || ways === "both");
  },
);

it("an outcome of the chain has the input with which the chain began, though it was undefined", () => {
  const { output, origins } = joined("both");
  for (const [index, input] of [
    [0, "a"],
    [1, undefined],
    [2, "c"],
  ] as const)
    output.fulfill(index, input, "between");
  const last = joined("none");
  const stage = new StageOutput({ ...last, origins, onFulfilled: undefined, onRejected: undefined, isFirst: false });
  stage.fulfill(1, "between", "value");
  stage.reject(0, "between", ERROR);
  expect(last.out.outcomes).toEqual([
    [1, undefined, "value"],
    [0, "a", ERROR],
  ]);
  expect([...origins.keys()]).toEqual([2]);
});

it("the first input under an index stays the chain's own", () => {
  const { output, origins } = joined("both");
  output.fulfill(0, "a", "b");
  output.reject(0, "b", ERROR);
  expect(origins.get(0)).toBe("a");
});

it("what waits after it, in the other stages and at the end, holds the stage back", () => {
  const { output, out } = joined("both");
  output.fulfill(0, "a", "b");
  output.reject(1, "c", ERROR);
  out.backlog.waiting = 3;
  out.backlog.held = 5;
  expect([output.backlog.waiting, output.backlog.held]).toEqual([5, 7]);
});

it("what is held back for order holds back the first stage alone", () => {
  const { output, out } = joined("next", false);
  output.fulfill(0, "a", "b");
  out.backlog.waiting = 3;
  out.backlog.held = 5;
  expect([output.backlog.waiting, output.backlog.held]).toEqual([4, 1]);
});

it("a stage that waits is woken by every way on", async () => {
  const { output, out, next, other } = joined("both");
  let woken = 0;
  const stage = { wake: () => woken++ };
  output.fulfill(0, "a", "b");
  output.reject(1, "c", ERROR);
  output.wakeWhenTaken(stage);
  expect(out.sleepers).toEqual([stage]);
  heldBy(next);
  heldBy(other);
  await Promise.resolve();
  expect(woken).toBe(2);
});

it("its end is an end to each of its ways on", () => {
  const { output, next, other, out } = joined("both");
  output.close();
  expect([next.ended, other.ended, out.closed]).toEqual([true, true, 0]);
});
