import { startEmulator } from "@batchwise/emulator";
import { expect, test } from "vitest";
import { watchUse } from "./other-user.ts";

test("the other user takes half of the limit while it is there, and is left out of what was used", async () => {
  const limits = { requestsPerMinute: 6_000_000, tokensPerMinute: 60_000 };
  await using emulator = await startEmulator({ tokens: "fast", control: true, limits });
  const stop = new AbortController();
  const times = { window: 200, interval: 20, from: 200, until: 400 };
  const watched = watchUse(emulator.openaiBaseURL, 60_000, stop.signal, times);
  const look = (): Promise<Response> => fetch(new URL("/__emulator/stats", emulator.openaiBaseURL));
  while (emulator.stats().requests === 0) await look();
  await fetch(`${emulator.openaiBaseURL}/embeddings`, {
    method: "POST",
    headers: { authorization: "Bearer bench" },
    body: JSON.stringify({ model: "text-embedding-3-small", input: "four" }),
  });
  // Ten requests of the other user, and this one.
  while (emulator.stats().requests < 11) await look();
  const until = performance.now() + 250;
  while (performance.now() < until) await look();
  stop.abort();
  const uses = await watched;
  expect(uses.length).toBeGreaterThanOrEqual(2);
  expect(uses[0]).toEqual({ there: 200, used: 0, refused: 0 });
  expect(uses[1]?.there).toBe(100);
  expect(uses[1]?.used).toBe(1);
});
