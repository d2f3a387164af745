import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { mkdir, mkdtemp, realpath } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

export const REPOSITORY: string = join(import.meta.dirname, "..", "..");

/** Folder of a command, and additions to its environment. */
interface CommandOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Temporary folder outside of the work tree, and the commands that run in it. It is removed with the process. */
export interface Workplace {
  readonly root: string;
  /** Commands end when it is aborted. */
  readonly signal: AbortSignal;
  /** Creates a folder in it. */
  folder(name: string): Promise<string>;
  /**
   * Runs a command. Resolves to its standard output.
   *
   * @throws Error when it ends with another code than 0; the message holds the end of its output
   */
  run(file: string, args: readonly string[], options: CommandOptions): Promise<string>;
  /** Adds a folder of programs in front of all others. */
  addToPath(folder: string): void;
}

const LAST_LINES = 40;

export async function makeWorkplace(signal: AbortSignal, keep: boolean): Promise<Workplace> {
  const root = await realpath(await mkdtemp(join(tmpdir(), "batchwise-release-")));
  if (!keep) process.on("exit", () => rmSync(root, { recursive: true, force: true, maxRetries: 3 }));
  const environment = ownEnvironment();
  return {
    root,
    signal,
    async folder(name) {
      const path = join(root, name);
      await mkdir(path, { recursive: true });
      return path;
    },
    run: (file, args, { cwd, env }) => run(file, args, cwd, { ...environment, ...env }, signal),
    addToPath(folder) {
      environment["PATH"] = `${folder}${delimiter}${environment["PATH"] ?? ""}`;
    },
  };
}

/** Environment without the variables of npm and pnpm for their scripts, which would confuse further runs of them. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (!/^(npm|pnpm)_(?!config_cache$)|^(INIT_CWD|NODE_OPTIONS)$/.test(name)) environment[name] = value;
  }
  return {
    ...environment,
    CI: "true",
    NO_COLOR: "1",
    TURBO_TELEMETRY_DISABLED: "1",
    npm_config_audit: "false",
    npm_config_fund: "false",
    npm_config_update_notifier: "false",
  };
}

function run(
  file: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, env, signal, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let both = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      both += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      both += text;
    });
    child.on("error", reject);
    child.on("close", (code, killedBy) => {
      if (code === 0) resolve(stdout);
      else {
        const end = both.trimEnd().split("\n").slice(-LAST_LINES).join("\n");
        reject(new Error(`Expected ${file} ${args.join(" ")} to end with 0, got ${code ?? killedBy}:\n${end}`));
      }
    });
  });
}
