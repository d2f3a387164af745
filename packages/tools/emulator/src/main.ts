#!/usr/bin/env node
import { runCommandLine } from "./cli.ts";
import { stopAsked } from "./stop-asked.ts";

// Whoever reads our output may stop reading (`| head`).
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
process.exitCode = await runCommandLine(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
  stopped: stopAsked(() => process.exit(130)),
});
