import { runOn } from "@batchwise/testkit";
import { describe, expect, test } from "vitest";
import { type BatchWorld, batchWorld as world } from "./testing/batch-api.ts";

const texts = Array.from({ length: 64 }, (_, index) => "x".repeat(index + 1));
const vectors = texts.map((text) => Float32Array.of(text.length));

/** World whose server takes no file of more bytes, as one behind a proxy does. */
function worldUpTo(bytes: number): BatchWorld {
  return world({
    upload: ({ size }) => (size > bytes ? new Response("<html>canary</html>", { status: 413 }) : undefined),
  });
}

// bespokelabsai/curator#610: a file below the provider's limit, and 413; BerriAI/litellm#37527: 413 for more than 10 MB.
describe("P53 a file that is too large for a server", () => {
  test("goes in parts, which run at the same time", async () => {
    const { clock, api, jobs } = worldUpTo(1000);
    expect(await runOn(clock, jobs.batch(texts))).toEqual(vectors);
    expect(texts.map((text) => api.timesSent(text))).toEqual(texts.map(() => 1));
    expect(api.jobs.length).toBeGreaterThan(10);
    expect(api.count(/POST \/files/)).toBeLessThan(40);
    // A job takes a minute.
    expect(clock.now()).toBeLessThan(3 * 60_000);
  });

  test("some lines of which are so alone: these fail, wherever they are", async () => {
    const { clock, jobs } = worldUpTo(170);
    const slots = await runOn(clock, jobs.batch(texts, { returnExceptions: true }));
    const isRefused = slots.map((slot) => slot instanceof Error);
    expect(isRefused.indexOf(true)).toBeGreaterThan(20);
    expect(slots.map((slot, index) => (isRefused[index] === true ? vectors[index] : slot))).toEqual(vectors);
    expect(slots.at(-1)).toMatchObject({ code: "request_too_large", status: 413 });
  });

  test("P49 however small: not each line is asked for", async () => {
    const { clock, api, jobs } = worldUpTo(0);
    const slots = await runOn(clock, jobs.batch(texts, { returnExceptions: true }));
    for (const slot of slots) expect(slot).toMatchObject({ code: "request_too_large", status: 413 });
    expect(String(slots[0])).not.toContain("canary");
    expect(api.count(/POST \/files/)).toBeLessThan(12);
  });
});
