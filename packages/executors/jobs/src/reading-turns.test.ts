import { FakeClock } from "@batchwise/testkit";
import { expect, it } from "vitest";
import { ReadingTurns } from "./reading-turns.ts";

const NEVER: AbortSignal = new AbortController().signal;

/** Rows "a1", "a2", ... of which the second and all later ones come when `go` is called. */
function halting(name: string): { readonly rows: AsyncIterable<string>; readonly go: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return {
    rows: (async function* () {
      yield `${name}1`;
      await promise;
      yield* [`${name}2`, `${name}3`];
    })(),
    go: resolve,
  };
}

it("one download after another, in the order of asking", async () => {
  const clock = new FakeClock();
  const turns = new ReadingTurns();
  const seen: string[] = [];
  const [a, b] = [halting("a"), halting("b")];
  const both = [a, b].map(({ rows }) => turns.read(rows, (row) => seen.push(row), { clock, signal: NEVER }));
  await clock.advance(9000);
  b.go();
  await clock.advance(0);
  expect(seen).toEqual(["a1"]);
  a.go();
  await clock.run(Promise.all(both));
  expect(seen).toEqual(["a1", "a2", "a3", "b1", "b2", "b3"]);
});

it("a download that stalls lets the next begin, and takes no row before it has a turn again", async () => {
  const clock = new FakeClock();
  const turns = new ReadingTurns();
  const seen: string[] = [];
  const [a, b, c] = [halting("a"), halting("b"), halting("c")];
  const all = [a, b, c].map(({ rows }) => turns.read(rows, (row) => seen.push(row), { clock, signal: NEVER }));
  await clock.advance(20_000);
  expect(seen).toEqual(["a1", "b1"]);
  a.go();
  await clock.advance(0);
  expect(seen).toEqual(["a1", "b1"]);
  b.go();
  c.go();
  await clock.run(Promise.all(all));
  expect(seen).toEqual(["a1", "b1", "b2", "b3", "c1", "c2", "c3", "a2", "a3"]);
});

it("an abort ends the wait for a turn, and one that is left passes it on", async () => {
  const clock = new FakeClock();
  const turns = new ReadingTurns();
  const seen: string[] = [];
  const stop = new AbortController();
  const [a, b, c] = [halting("a"), halting("b"), halting("c")];
  const first = turns.read(a.rows, (row) => seen.push(row), { clock, signal: NEVER });
  const second = turns.read(b.rows, (row) => seen.push(row), { clock, signal: stop.signal });
  const third = turns.read(c.rows, (row) => seen.push(row), { clock, signal: NEVER });
  stop.abort(new Error("Stopped."));
  await expect(second).rejects.toThrow("Stopped.");
  a.go();
  c.go();
  await clock.run(Promise.all([first, third]));
  expect(seen).toEqual(["a1", "a2", "a3", "c1", "c2", "c3"]);
});

it("one that throws passes its turn on", async () => {
  const clock = new FakeClock();
  const turns = new ReadingTurns();
  const seen: string[] = [];
  // oxlint-disable-next-line require-yield -- it breaks off before its first row
  async function* broken(): AsyncGenerator<string> {
    throw new Error("Cut.");
  }
  const first = turns.read(broken(), (row) => seen.push(row), { clock, signal: NEVER });
  const b = halting("b");
  b.go();
  const second = turns.read(b.rows, (row) => seen.push(row), { clock, signal: NEVER });
  await expect(first).rejects.toThrow("Cut.");
  await second;
  expect(seen).toHaveLength(3);
});
