import { type CallOptions, ProviderError, runnable } from "@batchwise/core";
import { expect, test } from "vitest";
import { Batches } from "./batches.ts";

const STOPS = { drain: new AbortController().signal, signal: new AbortController().signal };

const charged = runnable<string, string>(
  async (text, { report }: CallOptions) => {
    report?.({ usage: { inputTokens: 10 } });
    return text;
  },
  { weigh: () => ({ tokens: 10 }), price: { perMillionInputTokens: 100_000 } },
);

test("adds up the usage of its batches, and caps their cost together", async () => {
  const batches = new Batches(STOPS, 3);
  const first = await batches.run(charged, ["a", "b"], true);
  expect(first).toEqual({ slots: ["a", "b"], requests: 2, stopped: undefined });
  expect(batches.used).toEqual({ requests: 2, retries: 0, tokens: 20, cost: 2 });
  const { slots, stopped } = await batches.run(charged, ["c", "d"], true);
  expect(slots).toEqual(["c", expect.objectContaining({ code: "budget_exceeded" })]);
  expect(stopped).toMatchObject({ code: "budget_exceeded" });
  expect(batches.used).toMatchObject({ requests: 3, cost: 3 });
});

test("a batch that is not paid is neither counted nor capped", async () => {
  const batches = new Batches(STOPS, 0);
  expect((await batches.run(charged, ["a", "b"], false)).slots).toEqual(["a", "b"]);
  expect(batches.used).toEqual({ requests: 0, retries: 0, tokens: 0, cost: 0 });
});

test("P24 an error after which no input can succeed is the reason of the end, and one input's own is not", async () => {
  const refused = new ProviderError("Expected a key, got a refused one.", {
    status: 401,
    code: "authentication",
    retryable: false,
  });
  const denied = runnable<string, string>(() => Promise.reject(refused));
  expect((await new Batches(STOPS).run(denied, ["a", "b"], true)).stopped).toBe(refused);
  const picky = runnable<string, string>((text) => (text === "a" ? Promise.reject(new Error("no")) : text));
  const { slots, stopped } = await new Batches(STOPS).run(picky, ["a", "b"], true);
  expect(stopped).toBeUndefined();
  expect(slots).toEqual([expect.objectContaining({ message: "no" }), "b"]);
});

test("drained, it ends with the reason in the slots that were not begun, and no other end", async () => {
  const drain = new AbortController();
  const slow = runnable<string, string>((text) => {
    drain.abort(new Error("Stopped by the user."));
    return text;
  });
  const { slots, stopped } = await new Batches({ ...STOPS, drain: drain.signal }).run(slow, ["a", "b"], false);
  expect(slots).toEqual(["a", drain.signal.reason]);
  expect(stopped).toBeUndefined();
});
