import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { chmod, link, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { startEmulator } from "@batchwise/emulator";
import { tableFromIPC } from "apache-arrow";
import { expect, onTestFinished, test, vi } from "vitest";
import { type Child, COMMAND, startChild } from "./testing/child.ts";
import { duckdb } from "./testing/duckdb.ts";
import { echoFolder } from "./testing/echo.ts";
import { IN_FLIGHT, KILLS, paid, paidTwice, slowServer, SLOWLY, until } from "./testing/slow-run.ts";
import { temporaryFolder, textLines } from "./testing/workbench.ts";

// A safeguard, not a measure: processes are started, on machines that may be busy.
vi.setConfig({ testTimeout: 120_000 + KILLS * 30_000 });

const EMBED = ["run", "@batchwise/openai#embeddings", "in.jsonl"];
const CHAT = ["run", "@batchwise/openai#chat", "in.jsonl"];
const COUNT = 200;

/** Indexes of an output's rows that have an output, in their order, by another reader than the command's. */
type Reader = (file: string) => Promise<number[]>;

function byDuckdb(table: (file: string) => string): Reader {
  return async (file) =>
    (await duckdb(`select index::int as index from ${table(`'${file}'`)}`)).map(({ index }) => Number(index));
}

const READERS: Readonly<Record<string, Reader>> = {
  jsonl: byDuckdb((file) => `read_json(${file}, format = 'newline_delimited') where len(output) > 0`),
  csv: byDuckdb((file) => `read_csv(${file}, header = true, all_varchar = true) where output <> ''`),
  parquet: byDuckdb((file) => `read_parquet(${file}) where len(output) = 4`),
  arrow: async (file) =>
    [...tableFromIPC(await readFile(file))].flatMap((row) =>
      row["output"]?.length === 4 ? [Number(row["index"])] : [],
    ),
};

const ALL = Array.from({ length: COUNT }, (_, index) => index);

interface Kind {
  readonly name: string;
  readonly format: keyof typeof READERS;
  readonly first: readonly string[];
  readonly adapter?: readonly string[];
  readonly old?: string;
}

const KINDS: readonly Kind[] = [
  { name: "JSONL", format: "jsonl", first: [] },
  { name: "JSONL with --overwrite", format: "jsonl", first: ["--overwrite"], old: '{"index":0,"output":[9]}\n' },
  { name: "CSV", format: "csv", first: [], adapter: CHAT },
  { name: "Parquet", format: "parquet", first: [] },
  { name: "Arrow", format: "arrow", first: [] },
];

/** Chats take no small requests: one a call. */
const CHATS = ["--set", "model=gpt-6-luna", "--set", "maxConcurrency=8"];

function argvOf({ format, adapter = EMBED }: Kind): string[] {
  return [...adapter, ...(adapter === CHAT ? CHATS : SLOWLY), "--output", `out.${format}`];
}

test.each(KINDS)(
  "P40 $name: after Ctrl-C and SIGKILLs, each input has exactly one row, and at most those in flight are paid twice",
  async (kind) => {
    await using emulator = await slowServer();
    const output = `out.${kind.format}`;
    const folder = await temporaryFolder({
      "in.jsonl": textLines(COUNT),
      ...(kind.old !== undefined && { [output]: kind.old }),
    });
    const argv = argvOf(kind);
    const first = startChild(folder, emulator.openaiBaseURL, [...argv, ...kind.first]);
    await until(first, () => paid(emulator).length >= 30);
    first.kill("SIGINT");
    expect(await first.ended).toBe(130);
    expect(first.said.stderr).toMatch(/--resume continues/);
    expect(paidTwice(emulator)).toBe(0);
    const left = await readFile(path.join(folder, output), "utf8").catch(() => undefined);
    expect(kind.old === undefined || left === kind.old).toBe(true);
    for (let kill = 1; kill <= KILLS; kill++) {
      const child = startChild(folder, emulator.openaiBaseURL, [...argv, "--resume"]);
      const done = paid(emulator).length;
      await until(child, () => paid(emulator).length >= Math.min(COUNT, done + (COUNT - done) / (KILLS + 2 - kill)));
      child.kill("SIGKILL");
      await child.ended;
      expect(paidTwice(emulator)).toBeLessThanOrEqual(kill * IN_FLIGHT);
    }
    const last = startChild(folder, emulator.openaiBaseURL, [...argv, "--resume"]);
    expect(await last.ended).toBe(0);
    expect(await READERS[kind.format]?.(path.join(folder, output))).toEqual(ALL);
    expect(paid(emulator)).toHaveLength(COUNT);
    expect(paidTwice(emulator)).toBeLessThanOrEqual(KILLS * IN_FLIGHT);
    expect(await readdir(folder)).toEqual(["in.jsonl", output]);
  },
);

test.each(KINDS.filter(({ format, old }) => format === "parquet" || format === "arrow" || old !== undefined))(
  "P40 $name: killed while it is made from its rows, it is the old one or the new one, whole, and nothing is paid again",
  async (kind) => {
    await using emulator = await startEmulator({ tokens: "fast", trackInputs: true });
    const output = `out.${kind.format}`;
    const count = 20_000;
    const folder = await temporaryFolder({
      "in.jsonl": textLines(count),
      ...(kind.old !== undefined && { [output]: kind.old }),
    });
    const argv = [...EMBED, "--set", "dimensions=4", "--output", output];
    const ends: (number | NodeJS.Signals)[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      const child = startChild(folder, emulator.openaiBaseURL, [...argv, ...(kill === 0 ? kind.first : ["--resume"])]);
      await until(child, () => child.said.stderr.includes("Making"));
      // At its beginning, and ever later, up to the moment in which it is the output.
      await setTimeout((kill * 150) / KILLS);
      child.kill("SIGKILL");
      ends.push(await child.ended);
      const left = await readFile(path.join(folder, output), "utf8").catch(() => undefined);
      const isNew = left !== kind.old && (await READERS[kind.format]?.(path.join(folder, output)))?.length === count;
      expect(left === kind.old || isNew).toBe(true);
      if (isNew) break;
    }
    expect(ends).toContain("SIGKILL");
    const last = startChild(folder, emulator.openaiBaseURL, [...argv, "--resume"]);
    expect(await last.ended).toBe(0);
    expect(await READERS[kind.format]?.(path.join(folder, output))).toEqual(
      Array.from({ length: count }, (_, index) => index),
    );
    expect(paidTwice(emulator)).toBe(0);
    expect(await readdir(folder)).toEqual(["in.jsonl", output]);
  },
);

async function finish(child: Child): Promise<{ readonly code: number | NodeJS.Signals; readonly said: string }> {
  const code = await child.ended;
  return { code, said: child.said.stderr };
}

test("two runs at once: the second waits, says for which process, and finds nothing left to do", async () => {
  await using emulator = await startEmulator({ tokens: "fast", trackInputs: true, latency: { baseMs: 500 } });
  const folder = await temporaryFolder({ "in.jsonl": textLines(COUNT) });
  await symlink(path.join(folder, "out.jsonl"), path.join(folder, "other.jsonl"));
  const run = (output: string): Child =>
    startChild(folder, emulator.openaiBaseURL, [...EMBED, ...SLOWLY, "--output", output, "--resume"]);
  const first = run("out.jsonl");
  await until(first, () => paid(emulator).length > 0);
  // Another name of the same file.
  const second = run("other.jsonl");
  const [one, other] = await Promise.all([finish(first), finish(second)]);
  expect([one.code, other.code]).toEqual([0, 0]);
  expect(other.said).toMatch(/^Waiting for process \d+ on .+, which writes other\.jsonl\.\n/);
  expect(await READERS["jsonl"]?.(path.join(folder, "out.jsonl"))).toEqual(ALL);
  expect(paid(emulator)).toHaveLength(COUNT);
  expect(paidTwice(emulator)).toBe(0);
});

test("a run that waits for another ends at Ctrl-C, and takes over at once where that one is killed", async () => {
  await using emulator = await startEmulator({ tokens: "fast", trackInputs: true, latency: { baseMs: 1500 } });
  const folder = await temporaryFolder({ "in.jsonl": textLines(COUNT) });
  const run = (): Child =>
    startChild(folder, emulator.openaiBaseURL, [...EMBED, ...SLOWLY, "--output", "out.parquet", "--resume"]);
  const first = run();
  await until(first, () => paid(emulator).length > 0);
  const stopped = run();
  await until(stopped, () => stopped.said.stderr.includes("Waiting"));
  stopped.kill("SIGINT");
  expect(await stopped.ended).toBe(130);
  const second = run();
  await until(second, () => second.said.stderr.includes("Waiting"));
  first.kill("SIGKILL");
  expect(await second.ended).toBe(0);
  expect(await READERS["parquet"]?.(path.join(folder, "out.parquet"))).toEqual(ALL);
  expect(paidTwice(emulator)).toBeLessThanOrEqual(IN_FLIGHT);
});

test.each<[string, string[], string]>([
  ["another model", ["--set", "model=text-embedding-3-large"], "--set model"],
  ["another length", ["--set", "dimensions=5"], "--set dimensions"],
  ["another field", ["--field", "title"], "--field"],
  ["other columns", ["--keep", "id,title"], "--keep"],
])("--resume with %s is refused and named, and nothing is sent", async (_, change, name) => {
  await using emulator = await slowServer();
  const records = textLines(COUNT, (index) => `text ${index}`)
    .split("\n")
    .slice(0, -1)
    .map((text, id) => `{"text":${text},"title":"t","id":${id}}\n`);
  const folder = await temporaryFolder({ "in.jsonl": records.join("") });
  const argv = [...EMBED, ...SLOWLY, "--output", "out.jsonl", "--field", "text", "--keep", "id"];
  const first = startChild(folder, emulator.openaiBaseURL, argv);
  await until(first, async () => ((await stat(path.join(folder, "out.jsonl")).catch(() => undefined))?.size ?? 0) > 0);
  first.kill("SIGKILL");
  await first.ended;
  const before = await readFile(path.join(folder, "out.jsonl"), "utf8");
  const sent = emulator.stats().requests;
  const changed = startChild(folder, emulator.openaiBaseURL, [...argv, "--resume", ...change]);
  expect(await changed.ended).toBe(2);
  expect(changed.said.stderr).toMatch(
    new RegExp(
      `^error: Expected the options with which out.jsonl was begun, got another ${name}\\. Nothing was sent\\.`,
    ),
  );
  expect(emulator.stats().requests).toBe(sent);
  expect(await readFile(path.join(folder, "out.jsonl"), "utf8")).toBe(before);
  // Pace and tries are not what the rows depend on.
  const paced = ["--concurrency", "9", "--attempts", "9", "--set", "requestsPerMinute=100000"];
  const resumed = startChild(folder, emulator.openaiBaseURL, [...argv, "--resume", ...paced]);
  expect(await resumed.ended).toBe(0);
  expect(await READERS["jsonl"]?.(path.join(folder, "out.jsonl"))).toEqual(ALL);
});

test.each(["jsonl", "parquet"])(
  "%s: another input is refused by --resume, one that grew is accepted",
  async (format) => {
    await using emulator = await slowServer();
    const folder = await temporaryFolder({ "in.jsonl": textLines(COUNT) });
    const argv = [...EMBED, ...SLOWLY, "--output", `out.${format}`];
    const first = startChild(folder, emulator.openaiBaseURL, argv);
    await until(first, () => paid(emulator).length >= 60);
    first.kill("SIGINT");
    expect(await first.ended).toBe(130);
    const sent = emulator.stats().requests;
    const inputs = textLines(COUNT).split("\n");
    for (const other of [inputs.with(20, '"another"'), inputs.toSpliced(20, 1), inputs.slice(0, 5)]) {
      await writeFile(path.join(folder, "in.jsonl"), `${other.join("\n")}\n`);
      const child = startChild(folder, emulator.openaiBaseURL, [...argv, "--resume"]);
      expect(await child.ended).toBe(2);
      expect(child.said.stderr).toMatch(/Expected out\.\w+ to be the output of this input, got /);
    }
    expect(emulator.stats().requests).toBe(sent);
    await writeFile(path.join(folder, "in.jsonl"), textLines(COUNT + 50));
    for (const more of [0, 30]) {
      await writeFile(path.join(folder, "in.jsonl"), textLines(COUNT + 50 + more));
      const child = startChild(folder, emulator.openaiBaseURL, [...argv, "--resume"]);
      expect(await child.ended).toBe(0);
    }
    expect(await READERS[format]?.(path.join(folder, `out.${format}`))).toEqual(
      Array.from({ length: COUNT + 80 }, (_, index) => index),
    );
    expect(paidTwice(emulator)).toBe(0);
  },
);

test("--overwrite at a refused key leaves the old output, also that of a run that was not finished; a link to the input is refused", async () => {
  await using emulator = await slowServer();
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(401, { "content-type": "application/json" });
    response.end('{"error":{"message":"Incorrect API key provided.","code":"invalid_api_key"}}');
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const refusing = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  const old = '{"index":0,"output":[9]}\n';
  const folder = await temporaryFolder({ "in.jsonl": textLines(COUNT), "out.jsonl": old });
  const refused = startChild(folder, refusing, [...EMBED, "--output", "out.jsonl", "--overwrite"]);
  expect(await refused.ended).toBe(2);
  expect(await readFile(path.join(folder, "out.jsonl"), "utf8")).toBe(old);
  expect(await readdir(folder)).toEqual(["in.jsonl", "out.jsonl"]);
  const argv = [...EMBED, ...SLOWLY, "--output", "out.parquet"];
  const first = startChild(folder, emulator.openaiBaseURL, argv);
  await until(first, () => paid(emulator).length >= 60);
  first.kill("SIGKILL");
  await first.ended;
  for (const [how, code] of [
    [
      [],
      /^error: Expected a new --output, got out\.parquet, of which an earlier run has left rows\. --resume continues it/,
    ],
    [["--overwrite"], /^.*\n(.*\n)*error: .*key/],
  ] as const) {
    const child = startChild(folder, refusing, [...argv, ...how]);
    expect(await child.ended).toBe(2);
    expect(child.said.stderr).toMatch(code);
  }
  const resumed = startChild(folder, emulator.openaiBaseURL, [...argv, "--resume"]);
  expect(await resumed.ended).toBe(0);
  expect(await READERS["parquet"]?.(path.join(folder, "out.parquet"))).toEqual(ALL);
  expect(paidTwice(emulator)).toBeLessThanOrEqual(IN_FLIGHT);
  await link(path.join(folder, "in.jsonl"), path.join(folder, "hard.jsonl"));
  await symlink("in.jsonl", path.join(folder, "soft.jsonl"));
  for (const output of ["hard.jsonl", "soft.jsonl", "in.jsonl"]) {
    const child = startChild(folder, emulator.openaiBaseURL, [...EMBED, "--output", output, "--overwrite"]);
    expect(await child.ended).toBe(2);
    expect(child.said.stderr).toMatch(/^error: Expected another --output than the input, got the same file/);
  }
  expect(await readFile(path.join(folder, "in.jsonl"), "utf8")).toBe(textLines(COUNT));
});

test.runIf(process.platform !== "win32").each(KINDS)(
  "$name: the output is its user's alone, unless its user opened it",
  async (kind) => {
    await using emulator = await startEmulator({ tokens: "fast" });
    const output = `out.${kind.format}`;
    const folder = await temporaryFolder({
      "in.jsonl": textLines(20),
      ...(kind.old !== undefined && { [output]: kind.old }),
    });
    const file = path.join(folder, output);
    if (kind.old !== undefined) await chmod(file, 0o640);
    const child = startChild(folder, emulator.openaiBaseURL, [...argvOf(kind), ...kind.first]);
    expect(await child.ended).toBe(0);
    expect((await stat(file)).mode & 0o777).toBe(kind.old === undefined ? 0o600 : 0o640);
  },
);

test.runIf(process.platform !== "win32")(
  "what holds results or inputs beside the output is its user's alone",
  async () => {
    await using emulator = await slowServer();
    const folder = await temporaryFolder({ "in.jsonl": textLines(COUNT) });
    const child = startChild(folder, emulator.openaiBaseURL, [...EMBED, ...SLOWLY, "--output", "out.parquet"]);
    await until(child, () => paid(emulator).length >= 30);
    child.kill("SIGINT");
    await child.ended;
    expect(child.said.stderr).toMatch(/^out\.parquet is made when all rows are there\..*twice the disk\.\n/);
    const { stdout } = await promisify(execFile)("find", ["out.parquet.batchwise", "-printf", "%m %f\n"], {
      cwd: folder,
    });
    const modes = stdout.trim().split("\n").toSorted();
    expect(modes).toEqual([
      expect.stringMatching(/^600 inputs$/),
      expect.stringMatching(/^600 lock-\d$/),
      expect.stringMatching(/^600 part-1\.jsonl$/),
      expect.stringMatching(/^600 run\.json$/),
      "700 out.parquet.batchwise",
    ]);
  },
);

// https://www.gnu.org/software/bash/manual/html_node/Process-Substitution.html: the path of such a pipe leads to no file.
test.skipIf(process.platform === "win32")(
  "P40 a pipe of the shell, >(gzip > out.gz), and /dev/stdout are outputs",
  async () => {
    const folder = await echoFolder({ "in.txt": "a\nb\n" });
    const command = (output: string): string => `"$NODE" $COMMAND run acme-echo in.txt --quiet --output ${output}`;
    const script = `${command(">(cat > piped.jsonl)")} && ${command("/dev/stdout")} | cat > out.jsonl`;
    const env = { ...process.env, NODE: process.execPath, COMMAND: COMMAND.join(" ") };
    await promisify(execFile)("bash", ["-c", script], { cwd: folder, env });
    for (const file of ["piped.jsonl", "out.jsonl"]) {
      expect(await readFile(path.join(folder, file), "utf8")).toBe(
        '{"index":0,"output":"a"}\n{"index":1,"output":"b"}\n',
      );
    }
  },
);
