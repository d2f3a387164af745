import { AsyncCaller } from "@langchain/core/utils/async_caller";
import { failureOf } from "@batchwise/testkit";
import { describe, expect, test } from "vitest";
import { withCaller } from "./with-caller.ts";

class Theirs {
  caller = new AsyncCaller({ maxRetries: 5 });
  client: object | undefined;

  ask(callable: () => Promise<unknown>): Promise<unknown> {
    this.client ??= {};
    return this.caller.call(callable);
  }

  askUntil(signal: AbortSignal, callable: () => Promise<unknown>): Promise<unknown> {
    return this.caller.callWithOptions({ signal }, callable);
  }
}

describe("an object of theirs, seen with another caller", () => {
  test("P25 makes each call once, and hands on what the look at it gives", async () => {
    const seen = withCaller(new Theirs(), (answer) => [answer]);
    expect(await seen.ask(async () => "a")).toEqual(["a"]);
    let calls = 0;
    const failing = async (): Promise<never> => {
      calls++;
      throw new Error("Busy.");
    };
    await failureOf(seen.ask(failing));
    expect(calls).toBe(1);
  });

  test("P8 hands on what was thrown as it is", async () => {
    const thrown = { status: 503 };
    const seen = withCaller(new Theirs(), (answer) => answer);
    const error = await failureOf(seen.ask(() => Promise.reject(thrown)));
    expect(error).toBe(thrown);
  });

  test("P12 a signal ends a call at once", async () => {
    const seen = withCaller(new Theirs(), (answer) => answer);
    const stuck = (): Promise<never> => new Promise(() => {});
    const controller = new AbortController();
    const run = failureOf(seen.askUntil(controller.signal, stuck));
    const reason = new Error("enough");
    controller.abort(reason);
    expect(await run).toBe(reason);
    expect(await failureOf(seen.askUntil(controller.signal, stuck))).toBe(reason);
    expect(await seen.askUntil(new AbortController().signal, async () => "a")).toBe("a");
  });

  test("keeps its own caller, and what is written to it", async () => {
    const theirs = new Theirs();
    const { caller } = theirs;
    const seen = withCaller(theirs, (answer) => answer);
    await seen.ask(async () => "a");
    expect(theirs.caller).toBe(caller);
    expect(theirs.client).toBe(seen.client);
    expect(seen).toBeInstanceOf(Theirs);
  });

  test("P25 P51 one inside of it is seen so, too", async () => {
    const outer = Object.assign(new Theirs(), { inner: new Theirs() });
    const seen = withCaller(outer, (answer) => answer);
    expect(await failureOf(seen.inner.ask(async () => "data: {}\n\n"))).toMatchObject({ code: "invalid_argument" });
    let calls = 0;
    await failureOf(seen.inner.ask(() => Promise.reject(new Error(`Busy ${calls++}.`))));
    expect(calls).toBe(1);
    expect(outer.inner.caller).toBeInstanceOf(AsyncCaller);
  });

  test("is the object itself where that has no caller", () => {
    const plain = { embedDocuments: async () => [] };
    expect(withCaller(plain, (answer) => answer)).toBe(plain);
  });
});
