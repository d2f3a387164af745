#!/usr/bin/env node
import { runCommandLine } from "./cli.ts";
import { onStopAsked } from "./stop-asked.ts";

// Whoever reads our output may stop reading (`| head`).
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
const drain = new AbortController();
const stop = new AbortController();
onStopAsked(
  () => drain.abort(),
  () => stop.abort(),
);
const code = await runCommandLine(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
  drain: drain.signal,
  stop: stop.signal,
});
// What the module holds open, such as a pool of connections, must not keep the process.
process.stdout.write("", () => process.exit(code));
