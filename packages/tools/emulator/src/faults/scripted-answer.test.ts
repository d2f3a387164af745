import { afterAll, expect, test } from "vitest";

import { ManualClock } from "../fixtures/manual-clock.ts";
import { post, type Reply } from "../fixtures/post.ts";
import { type Behavior, hashText, startEmulator } from "../index.ts";
import type { ScriptedAnswer } from "./scripted-answer.ts";

const clock = new ManualClock();
const emulator = await startEmulator({ clock });
afterAll(() => emulator.close());

const embed = (input: unknown, more: object = {}): Promise<Reply> =>
  post(`${emulator.openaiBaseURL}/embeddings`, { model: "m", input, dimensions: 1, ...more });

function begin(answer: Omit<ScriptedAnswer, "name">, behavior: Behavior = {}): void {
  emulator.reset({ ...behavior, faults: { answers: [{ name: "it", status: 500, ...answer }] } });
}

test.for<[string, Omit<ScriptedAnswer, "name">, unknown, unknown]>([
  ["a marker", { marker: "BAD" }, ["a", "BAD b"], ["a", "b"]],
  ["more inputs", { moreThan: 2 }, ["a", "b", "c"], ["a", "b"]],
  ["a longer input", { longerThan: 3 }, ["a", "long"], ["a", "lon"]],
])("an answer to %s is sent to what meets it, and to nothing else", async ([, answer, met, other]) => {
  begin({ ...answer, body: { error: { message: "no" } }, headers: { "x-why": "it" } });
  const reply = await embed(met);
  expect(reply).toMatchObject({ status: 500, body: { error: { message: "no" } } });
  expect(reply.headers.get("x-why")).toBe("it");
  expect((await embed(other)).status).toBe(200);
  expect(emulator.stats()).toMatchObject({ faults: { it: 1 }, answered: 1, inputsAnswered: (other as []).length });
});

test("an answer to a field, its value and a path", async () => {
  begin({ field: "user", value: "me", path: "/v1/embeddings", status: 400 });
  expect((await embed("a")).status).toBe(200);
  expect((await embed("a", { user: "you" })).status).toBe(200);
  expect((await embed("a", { user: "me" })).status).toBe(400);
  const chat = { model: "m", messages: [{ role: "user", content: "a" }], user: "me" };
  expect((await post(`${emulator.openaiBaseURL}/chat/completions`, chat)).status).toBe(200);
});

test("a share of the inputs meets it always, and in whatever company", async () => {
  begin({ inputs: 0.2 });
  const texts = Array.from({ length: 50 }, (_, index) => `text ${index}`);
  const statuses = async (): Promise<number[]> => Promise.all(texts.map(async (text) => (await embed(text)).status));
  const first = await statuses();
  expect(await statuses()).toEqual(first);
  const bad = texts.filter((_, index) => first[index] === 500);
  expect(bad.length).toBeGreaterThan(3);
  expect(bad.length).toBeLessThan(20);
  expect((await embed(texts.filter((text) => !bad.includes(text)))).status).toBe(200);
  expect((await embed(texts)).status).toBe(500);
  begin({ inputs: 0.2 }, { seed: 2 });
  expect(await statuses()).not.toEqual(first);
});

test("a share of the requests meets it by seed, and the limits come first", async () => {
  begin({ rate: 0.3 }, { seed: 1, limits: { tokensPerMinute: 30 } });
  const statuses: number[] = [];
  for (let call = 0; call < 40; call++) statuses.push((await embed("a")).status);
  const met = statuses.filter((status) => status === 500).length;
  expect(met).toBeGreaterThan(3);
  expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(10);
  expect(emulator.stats()).toMatchObject({ faults: { it: met }, tokensWasted: met, rateLimited: 10 });
});

test("an outage has a beginning and an end, and is one for every call", async () => {
  emulator.reset({
    limits: { requestsPerMinute: 4 },
    faults: { answers: [{ name: "down", during: [5000, 95_000] }] },
  });
  expect((await embed("a")).status).toBe(200);
  clock.advance(5000);
  for (let call = 0; call < 9; call++) await expect(embed("a")).rejects.toThrow("fetch failed");
  await expect(fetch(`${emulator.openaiBaseURL}/models`)).rejects.toThrow("fetch failed");
  clock.advance(90_000);
  expect((await embed("a")).status).toBe(200);
  // What never arrived at the server used up none of its limits.
  expect(emulator.stats()).toMatchObject({ faults: { down: 10 }, rateLimited: 0 });
});

test("an answer comes late", async () => {
  begin({ moreThan: 1, delayMs: 600_000, status: 504, body: "<html></html>" });
  const late = embed(["a", "b"]);
  await clock.timers(1);
  expect(clock.due).toEqual([clock.now() + 600_000]);
  const reply = await clock.run(late);
  expect(reply).toMatchObject({ status: 504, text: "<html></html>" });
  expect(reply.headers.get("content-type")).toBe("text/html");
});

test("a refusal costs nothing; an error with 200 does, and answers nothing", async () => {
  begin({ marker: "a", status: 403 });
  await embed("a");
  expect(emulator.stats()).toMatchObject({ tokensAdmitted: 0, answered: 0, byStatus: { 403: 1 } });
  begin({ marker: "a", status: 200, body: "no JSON" });
  expect((await embed("a")).headers.get("content-type")).toBe("text/plain");
  expect(emulator.stats()).toMatchObject({ tokensAdmitted: 1, tokensWasted: 1, answered: 0 });
});

test("a 200 that answers nothing counts for its inputs, and a page in between does not", async () => {
  const of = (body: unknown): ScriptedAnswer => ({ name: "it", marker: "a", status: 200, body });
  emulator.reset({ trackInputs: true, faults: { answers: [of({ data: [] })] } });
  await embed(["a", "b"]);
  const counts = (text: string): unknown => emulator.stats().inputs?.[hashText(text)];
  expect(counts("b")).toEqual({ sent: 1, charged: 1, answered: 0, malformed: 1 });
  emulator.reset({ faults: { answers: [of("<html></html>")] } });
  await embed("a");
  expect(counts("a")).toEqual({ sent: 1, charged: 1, answered: 0, malformed: 0 });
  emulator.reset({ trackInputs: false });
});

test("a quota that is used up is said in the server's own words", async () => {
  const answers = [{ name: "spent", spent: true, status: 402, body: { error: "no credits" } }];
  emulator.reset({ limits: undefined, faults: { quotaAfterRequests: 1, answers } });
  expect((await embed("a")).status).toBe(200);
  expect(await embed("a")).toMatchObject({ status: 402, body: { error: "no credits" } });
  expect(emulator.stats().faults).toEqual({ quota: 1, spent: 1 });
});

test("the first answer that applies is sent", async () => {
  const answers = ["one", "two"].map((name) => ({ name, marker: "a", status: 500, body: name }));
  emulator.reset({ faults: { answers } });
  expect((await embed("a")).text).toBe("one");
});
