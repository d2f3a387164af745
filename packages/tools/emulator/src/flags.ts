import { type Command, InvalidArgumentError, Option } from "commander";

import type { Jobs } from "./jobs/options.ts";
import type { EmulatorOptions, Faults, HeaderStyle, Latency, Limits, ProfileName, Quirks } from "./options.ts";
import { PROFILES } from "./profiles.ts";

/** Flags of the command line, as commander reads them. */
export interface Flags extends Omit<Faults, "badInput" | "answers">, Latency, Limits, Quirks {
  readonly profile?: readonly ProfileName[];
  readonly answer?: Faults["answers"];
  readonly port: number;
  readonly host?: string;
  readonly apiKey?: string;
  readonly seed?: number;
  readonly fill?: number;
  readonly dimensions?: number;
  readonly tokens?: "exact" | "fast";
  readonly headers?: HeaderStyle;
  readonly models?: readonly string[];
  readonly maxBodyBytes?: number;
  readonly trackInputs?: boolean;
  readonly badInput?: string;
  readonly nameBadInput?: boolean;
  readonly jobDurationMs?: number;
  readonly jobMaxDurationMs?: number;
  readonly enqueuedTokens?: number;
  readonly creationsPerHour?: number;
  readonly expireRate?: number;
  readonly expireAfter?: number;
  readonly lineErrorRate?: number;
  readonly missingFileMs?: number;
  readonly lostCreateRate?: number;
}

/** Default port: a fixed one, so that the lines to export stay the same. */
const PORT = 8080;

/** Defines a flag for every option. */
export function defineFlags(command: Command): Command {
  command
    .description("A loopback server that behaves like OpenAI's and Cohere's: limits, headers, errors, faults by seed.")
    .helpOption("-h, --help", "show this")
    .configureHelp({ sortOptions: false });
  const group = (heading: string, ...options: readonly Option[]): void => {
    for (const option of options) command.addOption(option.helpGroup(heading));
  };
  group(
    "Where:",
    numeric("--port <port>", "port to listen at; 0 takes a free one").default(PORT),
    new Option("--host <address>", "address to listen at (default: 127.0.0.1; any other opens it to the network)"),
    new Option("--api-key <key>", "the only key that is accepted (default: any)"),
  );
  group(
    "Servers whose ways it has (default: OpenAI's and Cohere's own):",
    new Option("--profile <names>", "one of those below, or several, separated by commas").argParser(names),
  );
  group(
    "Limits, for each key and model or endpoint (default: none):",
    numeric("--requests-per-second <n>", "calls in a second"),
    numeric("--requests-per-minute <n>", "calls"),
    numeric("--requests-per-day <n>", "calls in a day; headers report it instead of the minute's"),
    numeric("--tokens-per-minute <n>", "tokens, OpenAI's endpoints"),
    numeric("--inputs-per-minute <n>", "inputs, Cohere's /v2/embed"),
    numeric("--fill <share>", "share of a minute's worth that may pass at once at the start (default: 1)"),
    new Option("--no-count-refused", "a request that the limit on calls refuses does not count against it"),
    new Option("--fixed-windows", "counts in windows of the clock instead of refilling evenly"),
    new Option("--headers <style>", "limit headers (default: openai)").choices(["openai", "azure", "none"]),
  );
  group(
    "Latency, in milliseconds (default: none):",
    numeric("--base-ms <ms>", "of every answer"),
    numeric("--per-thousand-tokens-ms <ms>", "for every thousand tokens: as many microseconds a token"),
    numeric("--jitter <share>", "spread of the random factor (default: 0)"),
    new Option("--distribution <kind>", "of the jitter (default: uniform)").choices(["uniform", "lognormal"]),
    numeric("--min-ms <ms>", "the shortest; with --max-ms alone, anything from here ..."),
    numeric("--max-ms <ms>", "the longest; ... to here"),
    numeric("--slots <n>", "answers that are worked on at once; others wait in line (default: any number)"),
    numeric("--overload <share>", "how much slower each one that waits makes the next (default: 0)"),
  );
  group(
    "Faults, as shares of the requests, 0 to 1 (default: 0):",
    ...Object.entries(RATES).map(([name, fault]) => numeric(`--${kebab(name)} <share>`, fault)),
  );
  group(
    "More faults:",
    numeric("--slow-body-ms <ms>", "how long a slow body takes (default: 1000)"),
    new Option("--retry-after <kind>", "what OpenAI's 429s say (default: ms)").choices([
      "seconds",
      "ms",
      "zeroMs",
      "none",
    ]),
    numeric("--retry-after-ms <ms>", "the wait that an injected 429 names (default: 1000)"),
    numeric("--quota-after-requests <n>", "requests until the quota is used up"),
    new Option("--bad-input <marker>", "an input that contains it makes its request a 400"),
    new Option("--name-bad-input", "that error names the input's position"),
    new Option("--answer <json>", "an answer of your own, as in `faults.answers`; may be repeated").argParser(
      (text: string, before: readonly unknown[] | undefined) => [...(before ?? []), json(text)],
    ),
  );
  group(
    "Offline jobs (default: each ends well, at once):",
    numeric("--job-duration-ms <ms>", "how long a job takes ..."),
    numeric("--job-max-duration-ms <ms>", "... or anything up to here"),
    numeric("--enqueued-tokens <n>", "tokens that may wait in a model's unfinished jobs"),
    numeric("--creations-per-hour <n>", "jobs that may be created in an hour"),
    numeric("--expire-rate <share>", "share of the jobs that expire"),
    numeric("--expire-after <share>", "share of their lines that is done by then (default: 0.5)"),
    numeric("--line-error-rate <share>", "share of the lines that fail"),
    numeric("--missing-file-ms <ms>", "delay until a job that has ended names its files"),
    numeric("--lost-create-rate <share>", "share of the jobs that are created although the connection is reset"),
  );
  group(
    "Answers:",
    numeric("--seed <n>", "seed of all that is random (default: 1)"),
    numeric("--dimensions <n>", "length of vectors, unless the request names it"),
    new Option("--tokens <how>", "how tokens are counted (default: exact)").choices(["exact", "fast"]),
    new Option("--models <names>", "the known models, separated by commas (default: any)").argParser(names),
    new Option("--encoding <kind>", "of vectors, whatever the request asks for").choices(["float", "base64"]),
    new Option("--omit-index", "rows of embeddings without index"),
    new Option("--usage <how>", "leaves usage out, makes it null or 0").choices(["missing", "null", "zero"]),
    new Option("--errors <style>", "bodies of errors, as a profile's"),
    new Option("--escape-base64", "escapes of + and = in vectors"),
    new Option("--json <how>", "around JSON of a chat model").choices(["fence", "openFence", "think"]),
    new Option("--content <how>", "of chat completions").choices(["parts"]),
    new Option("--comments", "between the events of a stream"),
    new Option("--streams", "chat models stream unless the request says stream: false"),
    numeric("--max-body-bytes <n>", "a larger body is a 413"),
    new Option("--track-inputs", "counts each text in the stats"),
  );
  return command.addHelpText("after", `\n${PROFILE_LINES}\n${EXAMPLES}`);
}

/** Options from flags. @throws Error when flags do not fit together */
export function optionsOf(flags: Flags): EmulatorOptions {
  const { host, encoding, omitIndex, usage, errors, escapeBase64, json: around, content, comments, streams } = flags;
  const { requestsPerSecond, requestsPerMinute, requestsPerDay, tokensPerMinute, inputsPerMinute } = flags;
  // Commander says true where the flag is left out, which is not to come before a profile's.
  const countRefused = flags.countRefused === false ? false : undefined;
  const { fixedWindows } = flags;
  const { baseMs, perThousandTokensMs, jitter, distribution, minMs, maxMs, slots, overload } = flags;
  return {
    control: true,
    profile: flags.profile,
    port: flags.port,
    ...(host === undefined ? {} : { host }),
    apiKey: flags.apiKey,
    seed: flags.seed,
    fill: flags.fill,
    limits: {
      requestsPerSecond,
      requestsPerMinute,
      requestsPerDay,
      tokensPerMinute,
      inputsPerMinute,
      countRefused,
      fixedWindows,
    },
    latency: { baseMs, perThousandTokensMs, jitter, distribution, minMs, maxMs, slots, overload },
    dimensions: flags.dimensions,
    tokens: flags.tokens,
    headers: flags.headers,
    models: flags.models,
    maxBodyBytes: flags.maxBodyBytes,
    trackInputs: flags.trackInputs,
    quirks: { encoding, omitIndex, usage, errors, escapeBase64, json: around, content, comments, streams },
    jobs: jobsOf(flags),
    faults: faultsOf(flags),
  };
}

/** Flag of an option, without dashes: `serverErrorRate` is --server-error-rate. */
export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

type RateName = Extract<keyof Faults, `${string}Rate`>;

const RATES: { readonly [Name in RateName]: string } = {
  serverErrorRate: "500 or 503",
  htmlErrorRate: "502 with a page of HTML",
  resetRate: "the connection is reset",
  cutBodyRate: "the body ends early",
  slowBodyRate: "the body arrives slowly",
  rateLimitRate: "429 although no limit is reached",
  shuffleRate: "rows in another order",
  missingRowRate: "a row is left out",
  duplicateIndexRate: "a row has the index of another",
  outOfRangeIndexRate: "a row has an index beyond the last",
  nanRate: "a vector has an element that is not a number",
  wrongSizeRate: "a vector is an element short",
};

function jobsOf(flags: Flags): Jobs {
  const { jobDurationMs, jobMaxDurationMs, enqueuedTokens, creationsPerHour } = flags;
  const { expireRate, expireAfter, lineErrorRate, missingFileMs, lostCreateRate } = flags;
  return {
    durationMs: jobMaxDurationMs === undefined ? jobDurationMs : [jobDurationMs ?? 0, jobMaxDurationMs],
    enqueuedTokens,
    creationsPerHour,
    expireRate,
    expireAfter,
    lineErrorRate,
    missingFileMs,
    lostCreateRate,
  };
}

function faultsOf(flags: Flags): Faults {
  const { slowBodyMs, retryAfter, retryAfterMs, quotaAfterRequests, badInput: marker, nameBadInput: named } = flags;
  if (named === true && marker === undefined) throw new Error("Expected --bad-input with --name-bad-input, got none.");
  const rates = Object.fromEntries((Object.keys(RATES) as RateName[]).map((name) => [name, flags[name]]));
  return {
    ...rates,
    slowBodyMs,
    retryAfter,
    retryAfterMs,
    quotaAfterRequests,
    badInput: marker === undefined ? undefined : { marker, named },
    answers: flags.answer,
  };
}

function names(value: string): readonly string[] {
  return value.split(",").map((name) => name.trim());
}

function json(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    throw new InvalidArgumentError("Give JSON.");
  }
}

const PROFILE_LINES = `Profiles:\n${Object.entries(PROFILES)
  .map(([name, { about }]) => `  ${name.padEnd(11)}${about}`)
  .join("\n")}`;

function numeric(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value: string) => {
    const number = Number(value);
    if (value.trim() === "" || !Number.isFinite(number)) throw new InvalidArgumentError("Give a number.");
    return number;
  });
}

const EXAMPLES = `
Examples:
  batchwise-emulator
  batchwise-emulator --requests-per-minute 3000 --tokens-per-minute 1000000 --fill 0.02
  batchwise-emulator --base-ms 200 --jitter 0.3 --server-error-rate 0.02 --seed 7
  batchwise-emulator --base-ms 80 --per-thousand-tokens-ms 10 --jitter 0.25 --distribution lognormal
  batchwise-emulator --per-thousand-tokens-ms 50 --slots 1
  batchwise-emulator --bad-input BAD --name-bad-input
  batchwise-emulator --profile gateway,azure
  batchwise-emulator --answer '{"name":"down","during":[5000,95000],"status":503}'
  batchwise-emulator --job-duration-ms 5000 --expire-rate 0.2 --line-error-rate 0.01
  curl -X POST localhost:${PORT}/__emulator/reset -d '{"faults":{"resetRate":0.1}}'`;
