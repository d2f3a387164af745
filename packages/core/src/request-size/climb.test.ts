import { expect, it } from "vitest";
import { Climb, type Setting } from "./climb.ts";

const MOST: Setting = { weight: 1e6, inFlight: 64 };

/** Server whose speed, in weight a millisecond, depends on the setting. */
type Speed = (setting: Setting) => number;

/** Settings that a search tries in a time, in their order, with calls that are always in flight. */
function climb(speed: Speed, ms: number, most: Setting = MOST, unsent: number = Infinity): Climb & { path: string[] } {
  const search = new Climb(1000);
  const path: string[] = [];
  let now = 0;
  while (now < ms) {
    const setting = search.setting;
    const name = `${setting.weight} x ${setting.inFlight}`;
    if (path.at(-1) !== name) path.push(name);
    const inFlight = Math.min(setting.inFlight, most.inFlight);
    // All in flight go together and end together.
    const tookMs = (inFlight * setting.weight) / speed(setting);
    now += tookMs;
    for (let call = 0; call < inFlight; call++) search.observe(setting.weight, tookMs, now, most, unsent);
  }
  return Object.assign(search, { path });
}

it("begins with five in flight", () => {
  expect(new Climb(1000).setting).toEqual({ weight: 1000, inFlight: 5 });
});

it("P55 at one queue, which is as fast at any setting, both are tried and nothing is changed", () => {
  const { path } = climb(() => 10, 60_000);
  expect(path.slice(0, 5)).toEqual(["1000 x 5", "2000 x 5", "1000 x 10", "1000 x 5", "2000 x 5"]);
});

it("P55 requests grow while more work gets done, and then more are in flight", () => {
  // Four slots, each of which takes 50 ms besides.
  const slots: Speed = ({ weight, inFlight }) => (Math.min(4, inFlight) * weight) / (50 + weight / 50);
  const { setting } = climb(slots, 60_000);
  expect(setting.weight).toBeGreaterThanOrEqual(16_000);
  const many: Speed = ({ inFlight }) => Math.min(32, inFlight);
  expect(climb(many, 120_000).path).toContain("1000 x 40");
});

it("P55 a setting at which clearly less work gets done is given up after a few answers, and no more are put in flight", () => {
  const overfull: Speed = ({ weight, inFlight }) => (weight * inFlight > 5000 ? 4 : 10);
  const { path } = climb(overfull, 30_000);
  expect(path.slice(0, 3)).toEqual(["1000 x 5", "2000 x 5", "1000 x 5"]);
  expect(path).not.toContain("1000 x 10");
});

it("P55 what is found is held, and later fewer and smaller ones are tried, too", () => {
  const { path } = climb(() => 10, 400_000);
  expect(path).toContain("1000 x 3");
  expect(path.at(-1)).toMatch(/ x [12]$/);
  expect(path.some((setting) => setting.startsWith("500 x"))).toBe(true);
});

it("nothing is tried above what a request may hold, and what may be in flight", () => {
  const faster: Speed = ({ weight, inFlight }) => weight * inFlight;
  const { setting } = climb(faster, 20_000, { weight: 3000, inFlight: 6 });
  expect(setting.weight).toBeLessThan(6000);
  expect(setting.inFlight).toBeLessThan(12);
});

it("near the end nothing new is tried", () => {
  expect(climb(() => 10, 60_000, MOST, 1000).path).toEqual(["1000 x 5"]);
});

it("P55 a failure takes back what is being tried", () => {
  const search = climb(() => 10, 4000);
  expect(search.path.at(-1)).toBe("2000 x 5");
  search.failed();
  expect(search.setting).toEqual({ weight: 1000, inFlight: 5 });
  search.failed();
  expect(search.setting).toEqual({ weight: 1000, inFlight: 5 });
});
