import { expect, it } from "vitest";
import { reasonOf } from "../../../test/regressions/held-backend.ts";
import { bulkRunnable, runnable } from "../../compose/functions.ts";
import { withConfig } from "../../compose/with-config.ts";
import { BatchError } from "../../contract/errors.ts";
import { INSIDE } from "../../contract/marks.ts";
import type { BatchOptions, Inputs } from "../../contract/runnable.ts";
import { Runnable } from "../../runnable.ts";
import { type CallStrategy, callStrategy, isInsideOverride, isOverridden, Unfinished } from "./call-strategy.ts";

type Body = (inputs: string[], options: BatchOptions, self: Own) => unknown;

/** Runnable whose author has written `batch`, and `invoke` and `invokeMany` as well. */
class Own extends Runnable<string, unknown> {
  readonly #body: Body;

  constructor(body: Body) {
    super();
    this.#body = body;
  }

  override async invoke(): Promise<unknown> {
    return "invoke";
  }

  override async invokeMany(): Promise<unknown[]> {
    return ["invokeMany"];
  }

  override batch(inputs: Inputs<string>, options: BatchOptions = {}): Promise<any> {
    return this.#body(inputs as string[], options, this) as Promise<any>;
  }
}

const ONE = runnable(async (input: string) => `one ${input}`);
const MANY = bulkRunnable(async (inputs: readonly string[]) => inputs.map((input) => `many ${input}`));

/** Calls for these inputs in the way that was chosen. */
function call(strategy: CallStrategy<string, unknown>, inputs: string[], options: BatchOptions = {}): Promise<unknown> {
  return strategy.kind === "one" ? strategy.call(inputs[0] as string, options) : strategy.call(inputs, options);
}

const overriding = (body: Body, maxConcurrency?: number): CallStrategy<string, unknown> =>
  callStrategy(new Own(body), true, maxConcurrency);

it.for([
  ["invoke", ONE, true, "one", undefined, "one a"],
  ["invokeMany", MANY, true, "many", false, ["many a"]],
  ["an overridden batch", new Own(() => Promise.resolve(["batch"])), true, "many", true, ["batch"]],
  ["invokeMany where the override may not be asked", new Own(() => []), false, "many", false, ["invokeMany"]],
  ["what a wrapper wraps", withConfig(MANY, {}), true, "many", false, ["many a"]],
  [
    "an override that is wrapped",
    withConfig(new Own(() => Promise.resolve(["batch"])), {}),
    false,
    "many",
    true,
    ["batch"],
  ],
] as const)("L10 calls %s", async ([, subject, mayOverride, kind, isOverride, expected]) => {
  const strategy = callStrategy<string, unknown>(subject, mayOverride, undefined);
  expect([strategy.kind, "isOverride" in strategy ? strategy.isOverride : undefined]).toEqual([kind, isOverride]);
  expect(await call(strategy, ["a"])).toEqual(expected);
});

it("a call is made on the Runnable itself, with the options as they are", async () => {
  class Plain extends Runnable<string, unknown> {
    override async invoke(...given: readonly unknown[]): Promise<unknown> {
      return [this, ...given];
    }
  }
  class Bulk extends Plain {
    override async invokeMany(...given: readonly unknown[]): Promise<unknown[]> {
      return [this, ...given];
    }
  }
  const [plain, many, options, inputs] = [new Plain(), new Bulk(), {}, ["a"]];
  const seen = [plain, many].map((each) => call(callStrategy<string, unknown>(each, true, 1), inputs, options));
  const [one, bulk] = (await Promise.all(seen)) as unknown[][];
  expect([one?.[0] === plain, one?.[1], one?.[2] === options]).toEqual([true, "a", true]);
  expect([bulk?.[0] === many, bulk?.[1] === inputs, bulk?.[2] === options]).toEqual([true, true, true]);
});

it("an override is handed its inputs, the call's options, the stated cap, and that failures stay in their slots", async () => {
  const seen: BatchOptions[] = [];
  const { signal } = new AbortController();
  for (const cap of [3, undefined])
    await call(
      overriding((_, options) => seen.push(options), cap),
      ["a"],
      { signal, dimensions: 9 } as BatchOptions,
    );
  const shared = { signal, dimensions: 9, returnExceptions: true, [INSIDE]: expect.any(Own) };
  expect(seen).toEqual([{ ...shared, maxConcurrency: 3 }, shared]);
  expect("maxConcurrency" in (seen[1] as object)).toBe(false);
  expect(Object.isFrozen(seen[0])).toBe(true);
});

it("L10 an override that calls itself is told from one that is called: by its turn, its inputs and its options", async () => {
  const seen: boolean[][] = [];
  const other = new Own(() => []);
  const inputs = ["a"];
  const subject = new Own(async (handed, options, self) => {
    const look = (): boolean[] => [
      isInsideOverride(self, [...handed], {}),
      isInsideOverride(self, handed, {}),
      isInsideOverride(self, [...handed], { ...options }),
      isInsideOverride(other, handed, options),
    ];
    seen.push(look());
    await Promise.resolve();
    seen.push(look());
    return [];
  });
  expect(isInsideOverride(subject, inputs, {})).toBe(false);
  await call(callStrategy(subject, true, undefined), inputs);
  expect(seen).toEqual([
    [true, true, true, false],
    [false, true, true, false],
  ]);
  expect([isInsideOverride(subject, undefined, undefined), isInsideOverride(subject, null, undefined)]).toEqual([
    false,
    false,
  ]);
});

it("an override that throws in its first turn leaves nothing behind", async () => {
  const subject = new Own(() => {
    throw new Error("no");
  });
  await reasonOf(call(callStrategy(subject, true, undefined), ["a"]));
  expect(isInsideOverride(subject, ["a"], {})).toBe(false);
});

it("an override inside of another one's turn gives that turn back", async () => {
  const seen: boolean[] = [];
  const inner = new Own(() => []);
  const outer = new Own(async (inputs, _, self) => {
    void call(callStrategy(inner, true, undefined), ["b"]);
    seen.push(isInsideOverride(self, [...inputs], {}), isInsideOverride(inner, ["c"], {}));
    return [];
  });
  await call(callStrategy(outer, true, undefined), ["a"]);
  expect(seen).toEqual([true, false]);
});

it("L6 of an override that fails fast, what finished counts, and the rest is unfinished", async () => {
  const cause = new Error("no");
  const outcomes = [
    { index: 2, input: "c", status: "fulfilled", value: "C" },
    { index: 0, input: "a", status: "rejected", reason: cause },
    { index: 3, input: "?", status: "fulfilled", value: "of no input" },
  ] as const;
  const results = await call(
    overriding(() => Promise.reject(new BatchError("no", { outcomes, cause }))),
    ["a", "b", "c"],
  );
  expect(results).toEqual([cause, expect.any(Unfinished), "C"]);
});

it.for([
  ["with nothing finished", new BatchError("no", { outcomes: [] })],
  ["in another way", new TypeError("no")],
] as const)("an override that fails %s fails as a whole", async ([, error]) => {
  expect(
    await reasonOf(
      call(
        overriding(() => Promise.reject(error)),
        ["a"],
      ),
    ),
  ).toBe(error);
});

it("an override is one that is not the base class's own", () => {
  expect([ONE, MANY, new Own(() => []), { batch: async () => [] }].map((each) => isOverridden(each))).toEqual([
    false,
    false,
    true,
    true,
  ]);
});
