// The command line with a fake embedder whose second request ends only after a stop.
import { loadAdapter } from "@batchwise/plugins";
import { listenForInterrupts } from "@batchwise/terminal";
import { runCommandLine } from "../cli.ts";
import { Console } from "../console.ts";
import { fakeEmbedder, loadFake } from "./fake-embedder.ts";

const interrupts = listenForInterrupts();
const embedder = fakeEmbedder({
  beforeRequest: async (request) => {
    if (request !== 2) return;
    const stopped = new Promise<void>((resolve) => {
      interrupts.drain.addEventListener("abort", () => resolve());
    });
    process.stderr.write("second request is in flight\n");
    // An open handle, like a thread or a socket: without it Node would end here.
    const alive = setInterval(() => undefined, 60_000);
    await stopped;
    clearInterval(alive);
  },
});
process.exitCode = await runCommandLine(process.argv.slice(2), {
  console: new Console(process.stdout, process.stderr),
  drain: interrupts.drain,
  signal: interrupts.signal,
  workingFolder: process.cwd(),
  load: loadFake(embedder, loadAdapter),
});
interrupts.close();
