import { expect, it } from "vitest";
import { ArgumentError } from "../../contract/errors.ts";
import { checkOptions, checkSettings } from "./check-options.ts";

it("gives back the options that are the adapter's own, whatever they hold", () => {
  const options = { maxConcurrency: 2, dimensions: 9, user: undefined, signal: undefined } as object;
  expect(checkOptions(options, ["dimensions", "user", "seed"])).toEqual({ dimensions: 9, user: undefined });
  expect(checkOptions({})).toEqual({});
});

it.for([
  [{ dimension: 9 }, "Expected only known options, got `dimension`."],
  [{ Dimensions: 9 }, "Did you mean `dimensions`?"],
  [{ maxConcurrency: 0 }, "Expected `maxConcurrency` to be a whole number from 1, or Infinity, got 0."],
] as const)("refuses %o before anything is sent", ([options, message]) => {
  expect(() => checkOptions(options as object, ["dimensions"])).toThrow(ArgumentError);
  expect(() => checkOptions(options as object, ["dimensions"])).toThrow(message);
});

it("inside of another batch's call an outer adapter's options come along, and ours are checked all the same", () => {
  expect(checkOptions({ dimensions: 9 } as object, [], true)).toEqual({ dimensions: 9 });
  expect(() => checkOptions({ timeoutMs: 0 }, [], true)).toThrow("`timeoutMs`");
});

it("settings are checked, and those that are good only once", () => {
  const settings: { maxConcurrency: number } = { maxConcurrency: 2 };
  expect(() => checkSettings(settings)).not.toThrow();
  settings.maxConcurrency = 0;
  expect(() => checkSettings(settings)).not.toThrow();
  expect(() => checkSettings({ ...settings })).toThrow("Expected `settings.maxConcurrency` to be");
});

it("settings that were refused are refused again", () => {
  const settings = { lookup: true } as object;
  const check = (): object => checkSettings(settings);
  expect(check).toThrow("Did you mean `settings.lookUp`?");
  expect(check).toThrow("Did you mean `settings.lookUp`?");
});
