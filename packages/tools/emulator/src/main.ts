#!/usr/bin/env node
import { listenForInterrupts } from "@batchwise/terminal";

import { runCommandLine } from "./cli.ts";

// The reader of the output may stop (`| head`).
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
const { drain, signal } = listenForInterrupts();
signal.addEventListener("abort", () => process.exit(130));
process.exitCode = await runCommandLine(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
  stop: drain,
});
