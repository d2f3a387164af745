import { expect, it } from "vitest";
import { KeepingReader, stageParts } from "../../../test/engine-parts.ts";
import { range } from "../../../test/regressions/held-backend.ts";
import { runnable } from "../../compose/functions.ts";
import type { BatchOptions, Inputs } from "../../contract/runnable.ts";
import { Ahead } from "./ahead.ts";

const SUBJECT = runnable(async (input: number) => input);

function aheadOf(inputs: Inputs<number>, options: BatchOptions<number, number> = {}): Ahead<number, number> {
  const { context, settler } = stageParts(SUBJECT, inputs, options);
  return new Ahead(context, settler);
}

it("P42 takes single inputs of an array, far apart, each once", () => {
  const ahead = aheadOf(range(100));
  const places = range(8).map(() => ahead.take()?.indexes[0] as number);
  expect(new Set(places).size).toBe(8);
  const sorted = places.toSorted((left, right) => left - right);
  const gaps = sorted.slice(1).map((place, at) => place - (sorted[at] as number));
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(5);
  expect(Math.max(...gaps)).toBeLessThan(30);
});

it("what was taken ahead does not come again in its turn", () => {
  const { context, settler, source } = stageParts(SUBJECT, range(4), {});
  const taken = new Ahead(context, settler).take()?.indexes[0];
  const given = new KeepingReader(source);
  given.take();
  expect(given.indexes).toEqual(range(4).filter((index) => index !== taken));
});

it("gives none from a source that is no array", () => {
  expect(aheadOf(range(4).values()).take()).toBeUndefined();
});

it("keeps the chunk that it has prepared until it is released, once", () => {
  const ahead = aheadOf(range(10));
  ahead.prepare();
  const { next } = ahead;
  ahead.prepare();
  expect(ahead.next).toBe(next);
  expect([ahead.release(), ahead.release()]).toEqual([next, undefined]);
});
