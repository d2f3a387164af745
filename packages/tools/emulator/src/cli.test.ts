import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { Command } from "commander";
import { describe, expect, test } from "vitest";

import { runCommandLine } from "./cli.ts";
import { defineFlags, type Flags, optionsOf } from "./flags.ts";
import { post } from "./fixtures/post.ts";
import type { EmulatorStats } from "./index.ts";
import type { Jobs } from "./jobs/options.ts";
import { PROFILES } from "./profiles.ts";

/** Runs the command line in this process until `use` has ended. */
async function cli(
  argv: readonly string[],
  use?: (url: string) => Promise<void>,
): Promise<{ code: number; out: string; error: string }> {
  const stop = new AbortController();
  let used: Promise<void> | undefined;
  const texts = { out: "", error: "" };
  const code = await runCommandLine(argv, {
    out(text) {
      texts.out += text;
      const url = /Listening at (\S+)\./.exec(text)?.[1];
      if (url !== undefined) used = Promise.resolve(use?.(url)).finally(() => stop.abort());
    },
    error: (text) => {
      texts.error += text;
    },
    stop: stop.signal,
  });
  await used;
  return { code, ...texts };
}

describe("the command line", () => {
  test("prints what to export, serves until it is stopped, then prints the stats", async () => {
    const { code, out, error } = await cli(["--port", "0", "--api-key", "k"], async (url) => {
      expect((await post(`${url}/v1/embeddings`, { model: "m", input: "a", dimensions: 1 }, { key: "k" })).status).toBe(
        200,
      );
    });
    expect({ code, error }).toEqual({ code: 0, error: "" });
    expect(out).toMatch(/export OPENAI_BASE_URL=http:\/\/127\.0\.0\.1:\d+\/v1\n {2}export OPENAI_API_KEY=k\n/);
    const stats = JSON.parse(out.slice(out.indexOf("\n{"))) as EmulatorStats;
    expect(stats).toMatchObject({ requests: 1, answered: 1 });
  });

  test("every flag does what its option does", async () => {
    const rates = [
      "server-error",
      "html-error",
      "reset",
      "cut-body",
      "slow-body",
      "rate-limit",
      "shuffle",
      "missing-row",
    ];
    const moreRates = ["duplicate-index", "out-of-range-index", "nan", "wrong-size"];
    const flags = [...rates, ...moreRates].flatMap((name) => [`--${name}-rate`, "0"]);
    const argv = `--port 0 --host localhost --seed 3 --requests-per-minute 10 --tokens-per-minute 10 --inputs-per-minute 30
      --no-count-refused --fill 0.5 --base-ms 1 --per-thousand-tokens-ms 1 --jitter 0.1 --distribution lognormal
      --dimensions 5 --tokens fast --headers azure --encoding base64 --omit-index --usage missing --models a,b
      --max-body-bytes 500 --track-inputs --slow-body-ms 5 --retry-after seconds --retry-after-ms 5
      --quota-after-requests 3 --bad-input BAD --name-bad-input --job-duration-ms 5 --job-max-duration-ms 9
      --enqueued-tokens 9 --creations-per-hour 9 --expire-rate 0 --expire-after 0 --line-error-rate 0
      --missing-file-ms 0 --lost-create-rate 0`;
    const { code, out } = await cli([...argv.split(/\s+/), ...flags], async (url) => {
      const send = (body: object): ReturnType<typeof post> => post(`${url}/v1/embeddings`, { model: "a", ...body });
      const good = await send({ input: "abcde" });
      expect(good.headers.get("x-ratelimit-limit-requests")).toBe("10");
      expect(good.headers.get("x-ratelimit-remaining-requests")).toBe("4");
      expect(good.headers.get("x-ratelimit-remaining-tokens")).toBe("3");
      expect(good.headers.get("x-ratelimit-reset-tokens")).toMatch(/^-?\d+$/);
      expect(good.body).toEqual({
        object: "list",
        data: [{ object: "embedding", embedding: expect.stringMatching(/^.{28}$/) }],
        model: "a",
      });
      expect((await send({ input: ["a", "BAD"] })).body.error.param).toBe("input[1]");
      expect((await send({ input: "x".repeat(600) })).status).toBe(413);
      expect((await send({ input: "a" })).body.error.code).toBe("insufficient_quota");
    });
    expect(code).toBe(0);
    expect(out).toContain('"inputs"');
  });

  test("each fault's flag reaches its option", async () => {
    const { out } = await cli(
      ["--port", "0", "--shuffle-rate", "1", "--nan-rate", "1", "--slow-body-rate", "1", "--slow-body-ms", "1"],
      async (url) => {
        await post(`${url}/v1/embeddings`, { model: "m", input: ["a", "b", "c", "d"], dimensions: 2 });
      },
    );
    expect(JSON.parse(out.slice(out.indexOf("\n{")))).toMatchObject({ faults: { shuffle: 1, nan: 1, slowBody: 1 } });
    for (const [flag, fault] of [
      ["--server-error-rate", "serverError"],
      ["--html-error-rate", "htmlError"],
      ["--reset-rate", "reset"],
      ["--cut-body-rate", "cutBody"],
      ["--rate-limit-rate", "rateLimit"],
      ["--missing-row-rate", "missingRow"],
      ["--duplicate-index-rate", "duplicateIndex"],
      ["--out-of-range-index-rate", "outOfRangeIndex"],
      ["--zero-rate", "zero"],
      ["--wrong-size-rate", "wrongSize"],
    ] as const) {
      const result = await cli(["--port", "0", "--tokens", "fast", flag, "1"], async (url) => {
        await post(`${url}/v1/embeddings`, { model: "m", input: ["a", "b"], dimensions: 2 }).catch(() => undefined);
      });
      expect(JSON.parse(result.out.slice(result.out.indexOf("\n{")))).toMatchObject({ faults: { [fault]: 1 } });
    }
  });

  test("each flag of jobs reaches its option", () => {
    const command = defineFlags(new Command());
    const flags = `--job-duration-ms 5 --enqueued-tokens 1 --creations-per-hour 2 --expire-rate 0.1 --expire-after 0.2
      --line-error-rate 0.3 --missing-file-ms 4 --lost-create-rate 0.6 --validation-ms 7 --cancel-ms 8 --only-error-file
      --job-nulls --file-not-found-once --job-row {"row":"cut"} --job-row {"row":"null","rate":0.5} --job-file utf16
      --job-counts zero --omit-end --canceled-spelling CANCELLED`.split(/\s+/);
    const jobs: Required<Jobs> = {
      durationMs: 5,
      validationMs: 7,
      enqueuedTokens: 1,
      creationsPerHour: 2,
      expireRate: 0.1,
      expireAfter: 0.2,
      lineErrorRate: 0.3,
      missingFileMs: 4,
      cancelMs: 8,
      onlyErrorFile: true,
      nulls: true,
      fileNotFoundOnce: true,
      lostCreateRate: 0.6,
      rows: [{ row: "cut" }, { row: "null", rate: 0.5 }],
      file: "utf16",
      counts: "zero",
      omitEnd: true,
      canceledSpelling: "CANCELLED",
    };
    expect(optionsOf(command.parse(flags, { from: "user" }).opts<Flags>()).jobs).toEqual(jobs);
    const range = defineFlags(new Command()).parse(["--job-max-duration-ms", "9"], { from: "user" });
    expect(optionsOf(range.opts<Flags>()).jobs?.durationMs).toEqual([0, 9]);
  });

  test("each flag of a server's ways reaches its option", () => {
    const flags = `--profile gateway,azure --requests-per-second 1 --requests-per-day 9 --fixed-windows --errors vllm
      --escape-base64 --json fence --content parts --comments --streams --usage zero --retry-after zeroMs
      --answer {"name":"one"} --answer {"name":"two","during":[0,5]}`.split(/\s+/);
    const options = optionsOf(defineFlags(new Command()).parse(flags, { from: "user" }).opts<Flags>());
    expect(options).toMatchObject({
      profile: ["gateway", "azure"],
      limits: { requestsPerSecond: 1, requestsPerDay: 9, fixedWindows: true, countRefused: undefined },
      quirks: {
        errors: "vllm",
        escapeBase64: true,
        json: "fence",
        content: "parts",
        comments: true,
        streams: true,
        usage: "zero",
      },
      faults: { retryAfter: "zeroMs", answers: [{ name: "one" }, { name: "two", during: [0, 5] }] },
    });
  });

  test("a profile makes it another server", async () => {
    const { out } = await cli(["--port", "0", "--profile", "vllm"], async (url) => {
      const reply = await post(`${url}/v1/embeddings`, { model: "m", input: "a", dimensions: 2 });
      expect(reply.body).toMatchObject({ object: "error", param: null });
    });
    expect(JSON.parse(out.slice(out.indexOf("\n{")))).toMatchObject({ faults: { "vllm: dimensions": 1 } });
  });

  test("each flag of the latency reaches its option", () => {
    const flags =
      `--base-ms 110 --per-thousand-tokens-ms 10 --jitter 0.6 --distribution lognormal --min-ms 20 --max-ms 400
      --slots 4 --overload 0.1`.split(/\s+/);
    const options = optionsOf(defineFlags(new Command()).parse(flags, { from: "user" }).opts<Flags>());
    expect(options.latency).toEqual({
      baseMs: 110,
      perThousandTokensMs: 10,
      jitter: 0.6,
      distribution: "lognormal",
      minMs: 20,
      maxMs: 400,
      slots: 4,
      overload: 0.1,
    });
  });

  test.each([
    ["--port abc", "error: option '--port <port>' argument 'abc' is invalid. Give a number.\n"],
    ["--fill 3", "error: Expected --fill to be a number from 0 to 1, got 3.\n"],
    [
      "--requests-per-minute 0.5",
      "error: Expected --requests-per-minute to be a whole number from 1 to 150000000, got 0.5.\n",
    ],
    ["--server-error-rate 2", "error: Expected --server-error-rate to be a number from 0 to 1, got 2.\n"],
    ["--name-bad-input", "error: Expected --bad-input with --name-bad-input, got none.\n"],
    ["--profile azur", 'error: Expected --profile to be one of "azure", '],
    ["--answer {", "error: option '--answer <json>' argument '{' is invalid. Give JSON.\n"],
    ["--job-duration-ms -1", "error: Expected --job-duration-ms to be a number from 0 to 3600000, got -1.\n"],
    ["--nope", "error: unknown option '--nope'\n"],
    [
      "--headers x",
      "error: option '--headers <style>' argument 'x' is invalid. Allowed choices are openai, azure, none.",
    ],
  ])("a bad flag gives a clear error and exit code 1: %s", async (flags, message) => {
    const { code, out, error } = await cli(flags.split(" "));
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(error.startsWith(message)).toBe(true);
  });

  test("a port that is taken says what to do", async () => {
    await cli(["--port", "0"], async (url) => {
      const { code, error } = await cli(["--port", new URL(url).port]);
      expect(code).toBe(1);
      expect(error).toMatch(/^error: Expected a free port, got a taken one\. Choose another with --port/);
    });
  });

  test("--help shows every option, and examples", async () => {
    const { code, out } = await cli(["--help"]);
    expect(code).toBe(0);
    expect(out).toContain("Examples:");
    expect(out).toContain("--out-of-range-index-rate <share>");
    for (const [name, { about }] of Object.entries(PROFILES)) {
      expect(out.replace(/\s+/g, " ")).toContain(` ${name} ${about}`);
    }
  });
});

describe("Ctrl-C", () => {
  test("ends it cleanly with the stats", async () => {
    const main = fileURLToPath(new URL("main.ts", import.meta.url));
    const child = spawn(process.execPath, ["--conditions=@batchwise/source", main, "--port", "0"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let out = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text;
      if (text.includes("Counts:")) child.kill("SIGINT");
    });
    const [code] = (await once(child, "close")) as [number];
    expect(code).toBe(0);
    expect(JSON.parse(out.slice(out.indexOf("\n{")))).toMatchObject({ requests: 0 });
  });
});
