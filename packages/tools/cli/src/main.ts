import { listenForInterrupts } from "@batchwise/terminal";
import { runCommandLine } from "./command-line.ts";

// Whoever reads our output may stop reading (`| head`): a run hears of it by itself, and a list is just shorter.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
const interrupts = listenForInterrupts();
process.exitCode = await runCommandLine(process.argv.slice(2), {
  drain: interrupts.drain,
  signal: interrupts.signal,
});
interrupts.close();
