import {
  InputError,
  type JobCallOptions,
  type JobLine,
  type JobState,
  ProviderError,
  ResultError,
} from "@batchwise/core";
import { FakeClock, failureOf } from "@batchwise/testkit";
import { expect, test } from "vitest";
import { type JobApi, jobBackend } from "./job-backend.ts";
import type { JobKind, RawRow } from "./job-kind.ts";

const KIND: JobKind<string, number> = {
  common: { model: "tern-2" },
  body(inputs) {
    if (inputs.includes("")) throw new InputError("Empty.");
    return { texts: inputs };
  },
  read(answer) {
    const { vectors, nested } = answer as { vectors?: number[]; nested?: { list: number[] } };
    if (nested !== undefined) return nested.list.slice();
    if (vectors === undefined) throw new ResultError("Expected vectors, got none.");
    return vectors;
  },
  usage: (answer) => ({ inputTokens: (answer as { tokens: number }).tokens }),
};

/** A provider with one job, which does as it is told. */
function serve(changes: Partial<JobApi<string>> = {}, rows: readonly RawRow[] = []) {
  const calls: unknown[][] = [];
  const noting =
    <Result>(name: string, result: Result) =>
    async (...values: unknown[]): Promise<Result> => {
      calls.push([name, ...values.slice(0, -1)]);
      return result;
    };
  const api: JobApi<string> = {
    identity: ["tern", "host"],
    caps: { lines: 5 },
    dialect: { provider: "Tern" },
    line: (id, body) => `{"id":"${id}","body":${body}}`,
    upload: noting("upload", "file-1"),
    start: noting("start", "job-1"),
    list: noting("list", { jobs: [] }),
    retrieve: noting("retrieve", "job"),
    sourceOf: () => "file-1",
    hasEnded: () => true,
    stateOf: (): JobState => ({ status: "ended" }),
    isForgotten: () => false,
    async *rows() {
      yield* rows;
    },
    cancel: noting("cancel", undefined),
    remove: noting("remove", undefined),
    ...changes,
  };
  return { backend: jobBackend(KIND, api), calls };
}

const refusal = (status: number): ProviderError => new ProviderError("no", { status, retryable: status >= 500 });
const lines: readonly JobLine[] = [{ id: "0", text: "{}" }];
const inputsOf = (id: string): string[] => (id === "0" || id === "1" ? ["a"] : []);

test("identity, caps and lines are of what the provider and the Runnable say", () => {
  const { backend } = serve({ priceShare: 0.5 });
  expect(backend).toMatchObject({ identity: 'tern host {"model":"tern-2"}', caps: { lines: 5 }, priceShare: 0.5 });
  expect(backend.line(["a"], "7")).toEqual({ id: "7", text: '{"id":"7","body":{"texts":["a"]}}' });
  expect(() => backend.check?.("")).toThrow(InputError);
  expect(() => backend.check?.(1n as never)).toThrow("an input that can be written as JSON");
});

test("lines are uploaded once, however often their job has to be started", async () => {
  let starts = 0;
  const start = async (): Promise<string> => {
    if (++starts < 3) throw refusal(503);
    return "job-1";
  };
  const { backend, calls } = serve({ start });
  for (const _ of [1, 2]) await expect(backend.create(lines, "t", {})).rejects.toThrow(ProviderError);
  expect(await backend.create(lines, "t", {})).toBe("job-1");
  expect(calls).toEqual([["upload", expect.any(File), "t"]]);
  const file = calls[0]?.[1] as File;
  expect([file.name, await file.text()]).toEqual(["t.jsonl", lines.map(({ text }) => `${text}\n`).join("")]);
  await backend.create(lines, "t", {});
  expect(calls).toHaveLength(2);
});

test("an answer without an id may be a proxy's: another try may do better", async () => {
  for (const call of ["upload", "start"] as const) {
    for (const id of [undefined, "", 7.5]) {
      const { backend } = serve({ [call]: () => Promise.resolve(id) });
      await expect(backend.create(lines, "t", {})).rejects.toMatchObject({ retryable: true });
    }
  }
});

// docs.together.ai/reference/batch-create has its id elsewhere, so that it may be missing; whole numbers are new-api's.
test("P53 a job that was started, and whose id cannot be read, is an error of its own; a number is an id", async () => {
  const page = new ProviderError("a page", { status: 200, retryable: true });
  for (const start of [async () => undefined, () => Promise.reject(page)]) {
    const { backend } = serve({ start });
    await expect(backend.create(lines, "t", {})).rejects.toMatchObject({ providerCode: "id_missing", retryable: true });
  }
  const { backend } = serve({
    upload: async () => 7,
    start: async (source) => Number(source) + 1,
    list: async () => ({ jobs: [{ id: 8, tag: "t" }] }),
  });
  expect(await backend.create(lines, "t", {})).toBe("8");
  expect(await backend.find("t", {})).toEqual([{ id: "8", tag: "t" }]);
});

test("P42 rows that break off may be read again; an abort and an error of ours stay what they are", async () => {
  const stop = new AbortController();
  const ours = new InputError("ours");
  const broken = (thrown: Error): ReturnType<typeof serve>["backend"] =>
    serve({
      // oxlint-disable-next-line require-yield -- it breaks off before its first row
      async *rows() {
        throw thrown;
      },
    }).backend;
  const read = async (thrown: Error, options: JobCallOptions = {}): Promise<void> => {
    for await (const row of broken(thrown).rows("job-1", inputsOf, options)) expect(row).toBeUndefined();
  };
  await expect(read(new TypeError("terminated"))).rejects.toMatchObject({ code: "network_error", retryable: true });
  await expect(read(ours)).rejects.toBe(ours);
  stop.abort(new Error("enough"));
  await expect(read(new TypeError("terminated"), { signal: stop.signal })).rejects.toThrow("enough");
});

test("what was uploaded is deleted where it is refused for good, where there was no room, and when rows were read", async () => {
  const remove = ["remove", "file-1"];
  const refused = serve({ start: () => Promise.reject(refusal(400)) });
  await expect(refused.backend.create(lines, "t", {})).rejects.toThrow(ProviderError);
  expect(refused.calls.at(-1)).toEqual(remove);

  const reason = new ProviderError("full", { code: "rate_limited", retryable: true });
  const full = serve({ stateOf: () => ({ status: "ended", reason }), remove: () => Promise.reject(refusal(500)) });
  expect(await full.backend.poll("job-1", {})).toMatchObject({ reason });

  const read = serve({}, [{ id: "0", answer: { vectors: [1], tokens: 2 } }]);
  for await (const row of read.backend.rows("job-1", inputsOf, {})) {
    expect(row).toEqual({ id: "0", outcome: [1], inputTokens: 2 });
    expect(read.calls).not.toContainEqual(remove);
  }
  expect(read.calls.at(-1)).toEqual(remove);
});

test("each row is its line's own: P7 by id; those of others and of nothing are left out", async () => {
  const rows: RawRow[] = [
    { id: "1", answer: { vectors: [1] } },
    { id: "stranger", answer: { vectors: [2] } },
    { id: 5 },
    {},
    { id: "0", failure: { status: 429 } },
  ];
  const found = await collected(serve({}, rows).backend.rows("job-1", inputsOf, {}));
  expect(
    found.map(({ id, outcome }) => [id, Array.isArray(outcome) ? outcome : (outcome as ProviderError).code]),
  ).toEqual([
    ["1", [1]],
    ["0", "rate_limited"],
  ]);
});

test.for<[string, RawRow]>([
  ["null for an answer", { id: "0", answer: null }],
  ["a list for an answer", { id: "0", answer: [] }],
  ["an answer of another shape", { id: "0", answer: { tokens: 2 } }],
  ["an answer that its reader trips over", { id: "0", answer: { nested: null } }],
  ["an error", { id: "0", failure: new ResultError("cut") }],
])("P53 %s is that row's error, and paid rows are kept", async ([, row]) => {
  const { backend } = serve({}, [row, { id: "1", answer: { vectors: [3] } }]);
  const found = await collected(backend.rows("job-1", inputsOf, {}));
  expect(found.map(({ outcome }) => outcome)).toEqual([expect.any(ResultError), [3]]);
});

test("P53 an id is known as a number, and with blanks around it", async () => {
  const rows: RawRow[] = [
    { id: 1, answer: { vectors: [1] } },
    { id: " 0 ", answer: { vectors: [0] } },
  ];
  const found = await collected(serve({}, rows).backend.rows("job-1", inputsOf, {}));
  expect(found.map(({ id, outcome }) => [id, outcome])).toEqual([
    ["1", [1]],
    ["0", [0]],
  ]);
});

// BerriAI/litellm#18057: a gateway that hands out the rows of the provider behind it.
test("P53 rows of which none has a line's id are one error: another job's would have none either", async () => {
  const rows = Array.from({ length: 5 }, () => ({ answer: { candidates: [] } }));
  // Also where there should be more of them.
  for (const [some, count] of [
    [rows, 5],
    [rows, 9],
    [[{}], 1],
    [[{ id: "77", answer: {} }], 0],
  ] as const) {
    const { backend, calls } = serve({ rowCount: () => count }, some);
    await expect(collected(backend.rows("job-1", inputsOf, {}))).rejects.toThrow(
      `Expected rows with the ids of the job's lines, got ${some.length} without one`,
    );
    expect(calls).not.toContainEqual(["remove", "file-1"]);
  }
});

test("P32 rows that say that their lines were not worked on are known, and have no outcome", async () => {
  const { backend, calls } = serve({}, [{ id: "0" }, { id: "1" }]);
  expect(await collected(backend.rows("job-1", inputsOf, {}))).toEqual([]);
  expect(calls).toContainEqual(["remove", "file-1"]);
});

// BerriAI/litellm#16186: no content of the results of a batch that is there.
test("P53 results that cannot be found are not a job that is gone, unless it is as old as results get", async () => {
  const lost = (isForgotten: boolean): Promise<unknown[]> => {
    const changes = {
      isForgotten: () => isForgotten,
      // oxlint-disable-next-line require-yield -- it has none
      async *rows(): AsyncGenerator<RawRow, void, undefined> {
        throw refusal(404);
      },
    };
    return collected(serve(changes).backend.rows("job-1", inputsOf, {}));
  };
  expect(await failureOf(lost(false))).toMatchObject({ providerCode: "results_missing", retryable: true });
  expect((await failureOf(lost(false))) as object).not.toHaveProperty("status", 404);
  expect(await failureOf(lost(true))).toMatchObject({ status: 404 });
});

// BerriAI/litellm#37147: the batch that is created has no metadata.
test("P42 a job whose answer was lost is found by its upload, where the server keeps no tags", async () => {
  const lost = serve({
    start: () => Promise.reject(refusal(503)),
    list: async () => ({
      jobs: [
        { id: "job-2", source: "file-2" },
        { id: "job-1", source: "file-1" },
      ],
    }),
  });
  await expect(lost.backend.create(lines, "run/1", {})).rejects.toThrow(ProviderError);
  expect(await lost.backend.find("run/1", {})).toEqual([{ id: "job-1", tag: "run/1" }]);
  expect(await lost.backend.find("run/2", {})).toEqual([]);
});

test("P53 a row that has no status is sent again; a key that is refused for a row is not refused for all", async () => {
  const statuses = [undefined, 0, 401, 403, 500];
  const found = await Promise.all(
    statuses.map(async (status) => {
      const [row] = await collected(serve({}, [{ id: "0", failure: { status } }]).backend.rows("job-1", inputsOf, {}));
      const error = row?.outcome as ProviderError | undefined;
      return [error?.code, error?.retryable];
    }),
  );
  const passing = ["provider_error", true];
  expect(found).toEqual([passing, passing, passing, ["invalid_input", false], passing]);
});

test("P53 fewer rows than a job should have are read again, and those that are there come all the same", async () => {
  const rows: RawRow[] = [{ id: "0", answer: { vectors: [1] } }, {}];
  const { backend, calls } = serve({ rowCount: () => 3 }, rows);
  const found: unknown[] = [];
  const reading = (async () => {
    for await (const row of backend.rows("job-1", inputsOf, {})) found.push(row.outcome);
  })();
  await expect(reading).rejects.toMatchObject({ providerCode: "rows_missing", retryable: true });
  expect(found).toEqual([[1]]);
  expect(calls).not.toContainEqual(["remove", "file-1"]);
  expect(await collected(serve({ rowCount: () => 2 }, rows).backend.rows("job-1", inputsOf, {}))).toHaveLength(1);
});

test("P53 a state knows how long ago its job was first seen to have ended", async () => {
  const clock = new FakeClock();
  const seen: number[] = [];
  let isOver = false;
  const { backend } = serve({
    clock,
    hasEnded: () => isOver,
    stateOf: (_job, _options, endedMs) => {
      seen.push(endedMs);
      return { status: "running" };
    },
  });
  for (const over of [false, true, true]) {
    isOver = over;
    await backend.poll("job-1", {});
    await clock.advance(1000);
  }
  expect(seen).toEqual([0, 0, 1000]);
});

test("all pages of the list are looked through; a server that knows no cursor ends it", async () => {
  const pages = new Map<string | undefined, Awaited<ReturnType<JobApi<string>["list"]>>>([
    [undefined, { jobs: [{ id: "a", tag: "run/1" }, { id: "b", tag: "other" }, { tag: "run/2" }], next: "2" }],
    ["2", { jobs: [{ id: "c", tag: "run/3" }], next: "2" }],
  ]);
  const list: JobApi<string>["list"] = async (cursor) => pages.get(cursor)!;
  expect(await serve({ list }).backend.find("run/", {})).toEqual([
    { id: "a", tag: "run/1" },
    { id: "c", tag: "run/3" },
  ]);
});

test("canceling a job that has ended is no error; any other refusal is", async () => {
  const cancel = (status: number) => (): Promise<never> => Promise.reject(refusal(status));
  await serve({ cancel: cancel(409) }).backend.cancel("job-1", {});
  const running = serve({ cancel: cancel(400), hasEnded: () => false });
  expect(await failureOf(running.backend.cancel("job-1", {}))).toMatchObject({ status: 400 });
  expect(await failureOf(serve({ cancel: cancel(404) }).backend.cancel("job-1", {}))).toMatchObject({ status: 404 });
});

test("every call gets the caller's signal", async () => {
  const seen: JobCallOptions[] = [];
  const keep = async (...values: unknown[]): Promise<never> => {
    seen.push(values.at(-1) as JobCallOptions);
    throw refusal(500);
  };
  const { backend } = serve({ upload: keep, list: keep, retrieve: keep, cancel: keep });
  const options = { signal: new AbortController().signal };
  const rows = backend.rows("x", inputsOf, options)[Symbol.asyncIterator]();
  for (const call of [
    backend.create(lines, "t", options),
    backend.find("t", options),
    backend.poll("x", options),
    backend.cancel("x", options),
    rows.next(),
  ]) {
    await expect(call).rejects.toThrow("no");
  }
  expect(seen).toEqual([options, options, options, options, options]);
});

/** Everything that comes. */
async function collected<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const each of source) all.push(each);
  return all;
}
