import { expect, test } from "vitest";

import { post, readReply } from "../fixtures/post.ts";
import { startEmulator } from "../index.ts";

test("another process reads the stats and exchanges the options", async () => {
  await using emulator = await startEmulator({ control: true });
  const embed = { model: "m", input: "a", dimensions: 1 };
  expect((await post(`${emulator.url}/v1/embeddings`, embed)).status).toBe(200);
  const stats = await readReply(await fetch(`${emulator.url}/__emulator/stats`));
  expect(stats.body).toMatchObject({ requests: 1, answered: 1 });
  expect(Object.keys(stats.body)).toEqual(Object.keys(emulator.stats()));
  const changed = await post(`${emulator.url}/__emulator/reset`, { faults: { serverErrorRate: 1 } });
  expect(changed.status).toBe(200);
  expect((await post(`${emulator.url}/v1/embeddings`, embed)).status).toBeGreaterThanOrEqual(500);
  expect((await post(`${emulator.url}/__emulator/reset`, "")).status).toBe(200);
  expect(emulator.stats().requests).toBe(0);
});

test("a wrong request gets an error", async () => {
  await using emulator = await startEmulator({ control: true });
  const bad = await post(`${emulator.url}/__emulator/reset`, { fill: 5 });
  expect(bad).toMatchObject({ status: 400, body: { error: "Expected `fill` to be a number from 0 to 1, got 5." } });
  expect((await post(`${emulator.url}/__emulator/reset`, "{")).status).toBe(400);
  expect((await post(`${emulator.url}/__emulator/stats`, {})).status).toBe(404);
  expect((await post(`${emulator.url}/__emulator/other`, {})).body.error).toContain("GET /__emulator/stats");
});

test("only where it was asked for", async () => {
  await using emulator = await startEmulator();
  expect((await fetch(`${emulator.url}/__emulator/stats`)).status).toBe(404);
});
