import { type Command, Option } from "commander";

import { JOBS, jobsOf, type JobFlags } from "./job-flags.ts";
import type { Behavior, EmulatorOptions, Faults, Latency, Limits, ProfileName, Quirks } from "./options.ts";
import { PROFILES } from "./profiles.ts";
import { choice, isSet, jsonList, names, numeric, optionsIn, pick, type Table, text } from "./table.ts";

/** Flags of the command line, as commander reads them. */
export interface Flags extends PlainFaults, Latency, Limits, Quirks, Answers, JobFlags {
  readonly profile?: readonly ProfileName[];
  readonly answer?: Faults["answers"];
  readonly port: number;
  readonly host?: string;
  readonly apiKey?: string;
  readonly badInput?: string;
  readonly nameBadInput?: boolean;
}

type RateName = Extract<keyof Faults, `${string}Rate`>;
type PlainFaults = Omit<Faults, "badInput" | "answers">;
type Answers = Pick<
  Behavior,
  "seed" | "fill" | "headers" | "dimensions" | "tokens" | "models" | "maxBodyBytes" | "trackInputs"
>;

/** Default port: a fixed one, so that the lines to export stay the same. */
const PORT = 8080;

const LIMITS: Table<Limits> = {
  requestsPerSecond: numeric("<n>", "calls in a second"),
  requestsPerMinute: numeric("<n>", "calls"),
  requestsPerDay: numeric("<n>", "calls in a day; headers report it instead of the minute's"),
  tokensPerMinute: numeric("<n>", "tokens, OpenAI's endpoints"),
  inputsPerMinute: numeric("<n>", "inputs, Cohere's /v2/embed"),
  countRefused: (flag) =>
    new Option(`--no-${flag}`, "a request that the limit on calls refuses does not count against it"),
  fixedWindows: isSet("counts in windows of the clock instead of refilling evenly"),
};

const AT_LIMITS: Table<Pick<Answers, "fill" | "headers">> = {
  fill: numeric("<share>", "share of a minute's worth that may pass at once at the start (default: 1)"),
  headers: choice("<style>", "limit headers (default: openai)", ["openai", "azure", "none"]),
};

const LATENCY: Table<Latency> = {
  baseMs: numeric("<ms>", "of every answer"),
  perThousandTokensMs: numeric("<ms>", "for every thousand tokens: as many microseconds a token"),
  jitter: numeric("<share>", "spread of the random factor (default: 0)"),
  distribution: choice("<kind>", "of the jitter (default: uniform)", ["uniform", "lognormal"]),
  minMs: numeric("<ms>", "the shortest; with --max-ms alone, anything from here ..."),
  maxMs: numeric("<ms>", "the longest; ... to here"),
  slots: numeric("<n>", "answers that are worked on at once; others wait in line (default: any number)"),
  overload: numeric("<share>", "how much slower each one that waits makes the next (default: 0)"),
};

const RATES: Table<Pick<Faults, RateName>> = {
  serverErrorRate: numeric("<share>", "500 or 503"),
  htmlErrorRate: numeric("<share>", "502 with a page of HTML"),
  resetRate: numeric("<share>", "the connection is reset"),
  cutBodyRate: numeric("<share>", "the body ends early"),
  slowBodyRate: numeric("<share>", "the body arrives slowly"),
  rateLimitRate: numeric("<share>", "429 although no limit is reached"),
  shuffleRate: numeric("<share>", "rows in another order"),
  missingRowRate: numeric("<share>", "a row is left out"),
  duplicateIndexRate: numeric("<share>", "a row has the index of another"),
  outOfRangeIndexRate: numeric("<share>", "a row has an index beyond the last"),
  nanRate: numeric("<share>", "a vector has an element that is not a number"),
  zeroRate: numeric("<share>", "a vector has zeros alone"),
  wrongSizeRate: numeric("<share>", "a vector is an element short"),
};

const FAULTS: Table<Omit<PlainFaults, RateName>> = {
  slowBodyMs: numeric("<ms>", "how long a slow body takes (default: 1000)"),
  retryAfter: choice("<kind>", "what OpenAI's 429s say (default: ms)", ["seconds", "ms", "zeroMs", "none"]),
  retryAfterMs: numeric("<ms>", "the wait that an injected 429 names (default: 1000)"),
  quotaAfterRequests: numeric("<n>", "requests until the quota is used up"),
};

const QUIRKS: Table<Quirks> = {
  encoding: choice("<kind>", "of vectors, whatever the request asks for", ["float", "base64"]),
  omitIndex: isSet("rows of embeddings without index"),
  usage: choice("<how>", "leaves usage out, makes it null or 0", ["missing", "null", "zero"]),
  errors: text("<style>", "bodies of errors, as a profile's"),
  escapeBase64: isSet("escapes of + and = in vectors"),
  json: choice("<how>", "around JSON of a chat model", ["fence", "openFence", "think"]),
  content: choice("<how>", "of chat completions", ["parts"]),
  comments: isSet("between the events of a stream"),
  streams: isSet("chat models stream unless the request says stream: false"),
};

const ANSWERS: Table<Omit<Answers, "fill" | "headers">> = {
  seed: numeric("<n>", "seed of all that is random (default: 1)"),
  dimensions: numeric("<n>", "length of vectors, unless the request names it"),
  tokens: choice("<how>", "how tokens are counted (default: exact)", ["exact", "fast"]),
  models: (flag) =>
    new Option(`--${flag} <names>`, "the known models, separated by commas (default: any)").argParser(names),
  maxBodyBytes: numeric("<n>", "a larger body is a 413"),
  trackInputs: isSet("counts each text in the stats"),
};

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
    numeric("<port>", "port to listen at; 0 takes a free one")("port").default(PORT),
    new Option("--host <address>", "address to listen at (default: 127.0.0.1; any other opens it to the network)"),
    new Option("--api-key <key>", "the only key that is accepted (default: any)"),
  );
  group(
    "Servers whose ways it has (default: OpenAI's and Cohere's own):",
    new Option("--profile <names>", "one of those below, or several, separated by commas").argParser(names),
  );
  group("Limits, for each key and model or endpoint (default: none):", ...optionsIn(LIMITS), ...optionsIn(AT_LIMITS));
  group("Latency, in milliseconds (default: none):", ...optionsIn(LATENCY));
  group("Faults, as shares of the requests, 0 to 1 (default: 0):", ...optionsIn(RATES));
  group(
    "More faults:",
    ...optionsIn(FAULTS),
    new Option("--bad-input <marker>", "an input that contains it makes its request a 400"),
    new Option("--name-bad-input", "that error names the input's position"),
    jsonList("an answer of your own, as in `faults.answers`; may be repeated")("answer"),
  );
  group("Offline jobs (default: each ends well, at once):", ...optionsIn(JOBS));
  group("Answers:", ...optionsIn(ANSWERS), ...optionsIn(QUIRKS));
  return command.addHelpText("after", `\n${PROFILE_LINES}\n${EXAMPLES}`);
}

/** Options from flags. @throws Error when flags do not fit together */
export function optionsOf(flags: Flags): EmulatorOptions {
  const { profile, port, host, apiKey } = flags;
  // Commander says true where the flag is left out, which is not to come before a profile's.
  const countRefused = flags.countRefused === false ? false : undefined;
  return {
    control: true,
    profile,
    port,
    ...(host === undefined ? {} : { host }),
    apiKey,
    ...pick(flags, AT_LIMITS),
    ...pick(flags, ANSWERS),
    limits: { ...pick(flags, LIMITS), countRefused },
    latency: pick(flags, LATENCY),
    quirks: pick(flags, QUIRKS),
    jobs: jobsOf(flags),
    faults: faultsOf(flags),
  };
}

function faultsOf(flags: Flags): Faults {
  const { badInput: marker, nameBadInput: named } = flags;
  if (named === true && marker === undefined) throw new Error("Expected --bad-input with --name-bad-input, got none.");
  return {
    ...pick(flags, RATES),
    ...pick(flags, FAULTS),
    badInput: marker === undefined ? undefined : { marker, named },
    answers: flags.answer,
  };
}

const PROFILE_LINES = `Profiles:\n${Object.entries(PROFILES)
  .map(([name, { about }]) => `  ${name.padEnd(11)}${about}`)
  .join("\n")}`;

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
  batchwise-emulator --job-row '{"row":"cut","rate":0.05}' --job-file utf16
  curl -X POST localhost:${PORT}/__emulator/reset -d '{"faults":{"resetRate":0.1}}'`;
