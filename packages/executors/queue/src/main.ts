#!/usr/bin/env node
import { listenForInterrupts } from "@batchwise/terminal";
import { runCommandLine } from "./cli.ts";

// A reader may stop reading the output (`| head`).
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
const { drain, signal } = listenForInterrupts();
const code = await runCommandLine(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
  drain,
  stop: signal,
});
// Resources that the module holds open, such as connections, must not keep the process alive.
process.stdout.write("", () => process.exit(code));
