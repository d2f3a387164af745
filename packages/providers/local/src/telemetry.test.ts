import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, expect, test } from "vitest";
import { writeTinyModel } from "./fixtures/tiny-model.ts";

const LONG = "Penguins waddle over ice. ".repeat(4000);

const folder = await mkdtemp(join(tmpdir(), "batchwise-telemetry-"));
afterAll(() => rm(folder, { recursive: true }));

// microsoft/onnxruntime#27379: telemetry on Linux and macOS, on by default, off on machines of CI and with the variable.
// The long command line is our own case: by reading it, telemetry overflows the stack of a thread.
test("onnxruntime's telemetry is off: it writes nothing into the home folder, and endures a long command line", async () => {
  const model = join(folder, "model");
  await writeTinyModel(model);
  const home = await mkdtemp(join(folder, "home-"));
  const conditions = process.env["BATCHWISE_TEST_DIST"] ? [] : ["--conditions=@batchwise/source"];
  const program = join(folder, "program.mjs");
  await writeFile(
    program,
    `import { LocalEmbeddings } from ${JSON.stringify(import.meta.resolve("@batchwise/local"))};
     await using embeddings = new LocalEmbeddings({ model: ${JSON.stringify(model)}, threads: 1 });
     console.log((await embeddings.batch(["hello"])).length);`,
  );
  const { CI: _ci, ORT_DISABLE_TELEMETRY: _off, ...env } = process.env;
  const child = spawn(process.execPath, [...conditions, program, LONG], {
    env: { ...env, HOME: home, TMPDIR: home, XDG_CACHE_HOME: join(home, "cache") },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [printed, [exitCode]] = await Promise.all([text(child.stdout), once(child, "close")]);
  expect([exitCode, printed]).toEqual([0, "1\n"]);
  expect(await readdir(home, { recursive: true })).toEqual([]);
});
