import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";
import { startEmulator } from "@batchwise/emulator";
import { expect, test, vi } from "vitest";
import { startChild } from "./testing/child.ts";
import { IN_FLIGHT, KILLS, paid, paidTwice, slowServer, SLOWLY, until } from "./testing/slow-run.ts";
import { rowsIn, temporaryFolder, textLines } from "./testing/workbench.ts";

// A safeguard, not a measure: processes are started, on machines that may be busy.
vi.setConfig({ testTimeout: 120_000 + KILLS * 30_000 });

const EMBED = ["run", "@batchwise/openai#embeddings", "in.jsonl"];
const TO_FILE = [...SLOWLY, "--output", "out.jsonl"];

async function expectEveryRow(folder: string, count: number): Promise<void> {
  const rows = await rowsIn(folder);
  expect(rows.map(({ index }) => index)).toEqual(Array.from({ length: count }, (_, index) => index));
  expect(rows.every(({ output }) => Array.isArray(output) && output.length === 4)).toBe(true);
}

test("ended by Ctrl-C, killed, and resumed: every input has exactly one row, and only inputs in flight at a kill are paid twice (P40)", async () => {
  await using emulator = await slowServer();
  const count = 200;
  const folder = await temporaryFolder({ "in.jsonl": textLines(count) });
  const argv = [...EMBED, ...TO_FILE, "--cache", "kept", "--resume"];
  const first = startChild(folder, emulator.openaiBaseURL, argv);
  await until(first, () => emulator.stats().answered >= 4);
  first.kill("SIGINT");
  expect(await first.ended).toBe(130);
  expect(first.said.stderr).toMatch(/Stopping once the requests in flight.*\n(.*\n)*Output .*--resume continues/);
  const done = (await rowsIn(folder)).length;
  expect(done).toBeGreaterThan(0);
  expect(done).toBeLessThan(count);
  for (let kill = 1; kill <= KILLS; kill++) {
    const child = startChild(folder, emulator.openaiBaseURL, argv);
    await until(child, () => paid(emulator).length >= done + ((count - done) * kill) / (KILLS + 1));
    expect(paidTwice(emulator)).toBeLessThanOrEqual((kill - 1) * IN_FLIGHT);
    child.kill("SIGKILL");
    expect(await child.ended).toBe("SIGKILL");
  }
  const last = startChild(folder, emulator.openaiBaseURL, argv);
  expect(await last.ended).toBe(0);
  await expectEveryRow(folder, count);
  expect(paid(emulator)).toHaveLength(count);
  expect(paidTwice(emulator)).toBeLessThanOrEqual(KILLS * IN_FLIGHT);
});

test("the second Ctrl-C ends it at once", async () => {
  await using emulator = await startEmulator({ tokens: "fast", latency: { baseMs: 600_000 } });
  const folder = await temporaryFolder({ "in.jsonl": textLines(20) });
  const child = startChild(folder, emulator.openaiBaseURL, [...EMBED, ...TO_FILE]);
  await until(child, () => emulator.stats().inFlight > 0);
  child.kill("SIGINT");
  await until(child, () => child.said.stderr.includes("Stopping"));
  // Within the time in which a press counts once.
  await setTimeout(400);
  child.kill("SIGINT");
  expect(await child.ended).toBe(130);
  expect(await rowsIn(folder)).toEqual([]);
});

test.each<[string, number, Record<string, string>]>([
  ["a wait that was asked for", 429, { "retry-after": "300" }],
  ["a server that is down", 503, { "retry-after": "300" }],
])("P42 Ctrl-C during %s of minutes ends it at once, and --resume continues it", async (_, status, headers) => {
  let calls = 0;
  const server = createServer((request, response) => {
    calls++;
    request.resume();
    response.writeHead(status, headers).end("{}");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const folder = await temporaryFolder({ "in.jsonl": textLines(40) });
  const child = startChild(folder, `http://127.0.0.1:${port}/v1`, [...EMBED, ...TO_FILE]);
  await until(child, () => calls > 0);
  child.kill("SIGINT");
  const ended = await Promise.race([child.ended, setTimeout(60_000, "still waits", { ref: false })]);
  server.closeAllConnections();
  server.close();
  expect(ended).toBe(130);
  expect(child.said.stderr).toMatch(/--resume continues/);
});

test("| head: a clean end", async () => {
  await using emulator = await slowServer();
  const folder = await temporaryFolder({ "in.jsonl": textLines(3000) });
  const child = startChild(folder, emulator.openaiBaseURL, [...EMBED, ...SLOWLY]);
  await until(child, () => child.said.stdout.includes("\n"));
  child.stopReading();
  expect(await child.ended).toBe(0);
  expect(child.said.stderr).toBe("");
  expect(emulator.stats().inputsAnswered).toBeLessThan(3000);
});
