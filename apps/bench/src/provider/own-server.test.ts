import { afterAll, beforeAll, expect, test } from "vitest";
import { embedPlainly } from "./plain.ts";
import { ServerProcess } from "./server-process.ts";

let server: ServerProcess;
beforeAll(async () => {
  server = await ServerProcess.start(undefined, "own");
}, 60_000);
afterAll(() => server[Symbol.dispose]());

function post(input: readonly string[]): Promise<Response> {
  return fetch(`${server.baseURL}/embeddings`, {
    method: "POST",
    body: JSON.stringify({ input, dimensions: 4, encoding_format: "float" }),
  });
}

test("each text has its own vector, in base64 and in decimals", async () => {
  await server.reset();
  const [one, two, again] = await embedPlainly(server.baseURL, ["one", "two", "one"], 4);
  expect(one).toEqual(again);
  expect(one).not.toEqual(two);
  const { data } = (await (await post(["two"])).json()) as { data: [{ embedding: number[] }] };
  expect(Float32Array.from(data[0].embedding)).toEqual(two);
});

test("counts what it answered since it was reset, and when", async () => {
  await server.reset({ own: { kind: "queue", slots: 1, baseMs: 1, tokensPerMs: 50 }, seed: 1 });
  await Promise.all([post(["a".repeat(400)]), post(["b".repeat(80), "c"])]);
  const counts = await server.counts();
  expect(counts).toMatchObject({
    requests: 2,
    rateLimited: 0,
    inputsAnswered: 3,
    tokensAdmitted: 121,
    peakInFlight: 2,
  });
  expect(counts.answered?.map(([, tokens]) => tokens).toSorted((left, right) => left - right)).toEqual([21, 100]);
});

test.each([413, 400, 500] as const)("answers %i to more texts than it takes", async (complaint) => {
  await server.reset({ own: { kind: "queue", slots: 4, baseMs: 1, tokensPerMs: 50, most: 2, complaint } });
  expect((await post(["a", "b"])).status).toBe(200);
  expect((await post(["a", "b", "c"])).status).toBe(complaint);
  expect(await server.counts()).toMatchObject({ requests: 2, inputsAnswered: 2 });
});
