import { setFlagsFromString } from "node:v8";
import { listenForInterrupts } from "@batchwise/terminal";
import { runCommandLine } from "./command-line.ts";

// The space of new objects would grow to 100 MB, which makes a run no faster: rows are gone soon, in any space.
setFlagsFromString("--semi-space-growth-factor=1");
// The space of old ones would grow to three times what is in use, where inputs and results of offline jobs are.
setFlagsFromString("--heap-growing-percent=20");
// A reader may stop reading the output (`| head`): a run notices by itself, and a list is just shorter.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
const interrupts = listenForInterrupts();
process.exitCode = await runCommandLine(process.argv.slice(2), {
  drain: interrupts.drain,
  signal: interrupts.signal,
});
interrupts.close();
