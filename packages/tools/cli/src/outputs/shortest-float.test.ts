import { expect, test } from "vitest";
import { shortestFloat } from "./shortest-float.ts";

/** The same by trial alone. */
function byTrial(float: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const rounded = Number(float.toPrecision(digits));
    if (Math.fround(rounded) === float) return rounded;
  }
  return Number(float.toPrecision(9));
}

const view = new DataView(new ArrayBuffer(4));

function floatOf(bits: number): number {
  view.setUint32(0, bits >>> 0);
  return view.getFloat32(0);
}

function bitsOf(float: number): number {
  view.setFloat32(0, float);
  return view.getUint32(0);
}

function differing(bits: Iterable<number>): number[] {
  return [...bits].map(floatOf).filter((float) => !Object.is(shortestFloat(float), byTrial(float)));
}

test("digits of floats of every exponent, subnormal ones, infinities and NaN included", () => {
  const step = 10_007; // A prime: 429,000 of all the patterns of 32 bits, both signs.
  expect(differing(Array.from({ length: Math.floor(2 ** 32 / step) }, (_, at) => at * step))).toEqual([]);
});

test("digits of the floats next to powers of two and of ten, where the next ones are nearer on one side", () => {
  const two = Array.from({ length: 256 }, (_, exponent) => exponent << 23);
  const ten = Array.from({ length: 85 }, (_, at) => bitsOf(Number(`1e${at - 46}`)));
  const near = Array.from({ length: 101 }, (_, at) => at - 50);
  expect(differing([...two, ...ten].flatMap((bits) => near.map((each) => bits + each)))).toEqual([]);
});

test("digits of a vector's numbers", () => {
  let seed = 20_261_129;
  const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  const bits = Array.from({ length: 200_000 }, () => bitsOf((random() - 0.5) * 10 ** (-8 * random())));
  expect(differing(bits)).toEqual([]);
});
