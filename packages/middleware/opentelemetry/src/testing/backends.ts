import { type BatchOptions, bulkRunnable, type CallOptions, Runnable, runnable } from "@batchwise/core";
import { expect } from "vitest";
import type { Collector } from "./collector.ts";

export const TEXTS: readonly string[] = ["a", "bb", "ccc", "dddd", "eeeee"];
export const LENGTHS: readonly number[] = [1, 2, 3, 4, 5];
/** Usage of each input. */
export const usage: { readonly inputTokens: number } = { inputTokens: 10 };

/** A backend that counts its calls, in each of the ways in which one can be written. */
export function backends(): Record<string, { readonly inner: Runnable<string, number>; readonly calls: () => number }> {
  let calls = 0;
  const answer = (texts: readonly string[], { report }: CallOptions): number[] => {
    calls++;
    report?.({ usage: { inputTokens: texts.length * usage.inputTokens } });
    return texts.map((text) => text.length);
  };
  class Own extends Runnable<string, number> {
    override async invoke(text: string, options: CallOptions = {}): Promise<number> {
      return answer([text], options)[0]!;
    }
    override async batch(texts: string[], options: BatchOptions = {}): Promise<number[]> {
      return answer(texts, options);
    }
  }
  return {
    one: { inner: runnable(async (text: string, options) => answer([text], options)[0]!), calls: () => calls },
    bulk: {
      inner: bulkRunnable(async (texts: readonly string[], options) => answer(texts, options), {
        request: { maxInputs: 2 },
      }),
      calls: () => calls,
    },
    override: { inner: new Own(), calls: () => calls },
  };
}

/** Everything is there, and nothing twice. */
export async function expectCounted(seen: Collector, calls: number, texts: number): Promise<void> {
  expect(calls).toBeGreaterThan(0);
  expect(await seen.sum("batchwise.requests")).toBe(calls);
  expect(await seen.count("gen_ai.client.operation.duration")).toBe(calls);
  expect(await seen.sum("batchwise.request.inputs")).toBe(texts);
  expect(await seen.sum("gen_ai.client.token.usage")).toBe(texts * usage.inputTokens);
  expect(await seen.sum("batchwise.active_requests")).toBe(0);
}
