#!/usr/bin/env node
import { listenForInterrupts } from "@batchwise/terminal";
import { runCommandLine } from "./cli.ts";

// Whoever reads our output may stop reading (`| head`).
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
const { drain, signal } = listenForInterrupts();
const code = await runCommandLine(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
  drain,
  stop: signal,
});
// What the module holds open, such as a pool of connections, must not keep the process.
process.stdout.write("", () => process.exit(code));
