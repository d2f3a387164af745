import { listenForInterrupts } from "@batchwise/terminal";
import { runCommandLine } from "./cli.ts";
import { Console } from "./console.ts";

const interrupts = listenForInterrupts();
process.exitCode = await runCommandLine(process.argv.slice(2), {
  console: new Console(process.stdout, process.stderr),
  drain: interrupts.drain,
  signal: interrupts.signal,
  // npm and pnpm run scripts in the project's folder and put the user's folder here.
  workingFolder: process.env["INIT_CWD"] ?? process.cwd(),
});
interrupts.close();
