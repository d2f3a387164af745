import { once } from "node:events";

import { Command, CommanderError } from "commander";

import { type Emulator, startEmulator } from "./emulator.ts";
import { defineFlags, type Flags, optionsOf } from "./flags.ts";
import { RENAMES } from "./job-flags.ts";
import { kebab } from "./table.ts";

/** Streams and stop signal of a command line. */
export interface Environment {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  /** Aborted when the user wants the emulator to stop. */
  readonly stop: AbortSignal;
}

/** Runs until it is stopped. Resolves to the exit code: 0, or 1 after an error. */
export async function runCommandLine(argv: readonly string[], environment: Environment): Promise<number> {
  const { out, error } = environment;
  const command = defineFlags(new Command("batchwise-emulator"))
    .exitOverride()
    .configureOutput({ writeOut: out, writeErr: error })
    .action((flags: Flags) => run(flags, environment));
  try {
    await command.parseAsync(argv, { from: "user" });
    return 0;
  } catch (failure) {
    // Commander has printed its error, or the help that was asked for.
    if (failure instanceof CommanderError) return failure.exitCode === 0 ? 0 : 1;
    error(`error: ${describe(failure)}\n`);
    return 1;
  }
}

async function run(flags: Flags, { out, stop }: Environment): Promise<void> {
  await using emulator = await startEmulator(optionsOf(flags));
  out(greeting(emulator, flags));
  if (!stop.aborted) await once(stop, "abort");
  out(`\n${JSON.stringify(emulator.stats(), undefined, 2)}\n`);
}

function greeting(emulator: Emulator, { apiKey = "emulator" }: Flags): string {
  return `Listening at ${emulator.url}. Ctrl-C prints the stats and ends it.

  export OPENAI_BASE_URL=${emulator.openaiBaseURL}
  export OPENAI_API_KEY=${apiKey}
  export CO_API_URL=${emulator.cohereBaseURL}
  export CO_API_KEY=${apiKey}

Cohere's TypeScript client does not read CO_API_URL: pass it as \`baseUrl\`.
Counts: ${emulator.url}/__emulator/stats
`;
}

/** Flags that are not named after their options. */
const NAMES: Readonly<Record<string, string>> = { ...RENAMES, answers: "answer" };

function describe(failure: unknown): string {
  if (!(failure instanceof Error)) return String(failure);
  const { code } = failure as NodeJS.ErrnoException;
  if (code === "EADDRINUSE") return "Expected a free port, got a taken one. Choose another with --port, or 0 for any.";
  if (code === "EACCES") return "Expected a free port, got a privileged one. Choose one above 1023 with --port.";
  // The options' own messages, with the flag instead of the option.
  return failure.message.replace(
    /^Expected `(?:\w+\.)*(\w+)(?:\[\d+\])?`/,
    (_, name: string) => `Expected --${kebab(NAMES[name] ?? name)}`,
  );
}
