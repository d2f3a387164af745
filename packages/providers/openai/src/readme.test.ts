import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { withOptionTables } from "@batchwise/adapter-kit";
import { startEmulator } from "@batchwise/emulator";
import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";
import { CHAT } from "./chat.ts";
import { EMBEDDINGS } from "./embeddings.ts";
import { MODERATION } from "./moderation.ts";
import { SHARED } from "./options.ts";

const emulator = await startEmulator({
  tokens: "fast",
  limits: { requestsPerMinute: 3000, tokensPerMinute: 1_000_000 },
  faults: { serverErrorRate: 0.05 },
});
afterAll(() => emulator.close());

const README = fileURLToPath(new URL("../README.md", import.meta.url));
const readme = await readFile(README, "utf8");
const snippets = [...readme.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code]) => code!);

/** What each snippet prints, in the order in which they stand. */
const printed: readonly (readonly [file: string, lines: readonly unknown[][]])[] = [
  ["embeddings", [[3, 1536]]],
  ["long-run", [[5000]]],
  ["moderation", [[[]]]],
  [
    "chat",
    [
      ["Echo: The capital of Norway?", "stop"],
      ["Echo: The capital of Chile?", "stop"],
    ],
  ],
  ["structured", [[2, "string"]]],
  ["compatible", [[2]]],
  ["azure", [[64, 64]]],
];

beforeEach(() => {
  vi.stubEnv("OPENAI_API_KEY", "test-key");
  vi.stubEnv("OPENAI_BASE_URL", emulator.openaiBaseURL);
  vi.stubEnv("OLLAMA_URL", emulator.openaiBaseURL);
  vi.stubEnv("AZURE_OPENAI_API_KEY", "test-key");
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

test("its tables of options say what the declarations say (`npx vitest -u` writes them)", async () => {
  const groups = { shared: SHARED, embeddings: EMBEDDINGS.group, moderation: MODERATION.group, generation: CHAT.group };
  await expect(withOptionTables(readme, groups)).toMatchFileSnapshot(README);
});

test("there is a file for each snippet, which the compiler checks", () => {
  expect(snippets).toHaveLength(printed.length);
});

test.for([...printed.entries()])("snippet %i runs as it stands in the README", async ([index, [file, lines]]) => {
  const path = `./fixtures/readme/${file}.ts`;
  expect(await readFile(new URL(path, import.meta.url), "utf8")).toBe(snippets[index]);

  const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
  const write = vi.spyOn(process.stdout, "write").mockImplementation(() => true);
  await import(path);
  const streamed = write.mock.calls.map(([part]) => part).join("");
  vi.restoreAllMocks();
  expect(log.mock.calls).toEqual(lines);
  expect(streamed).toBe(file === "chat" ? "Echo: Count to three." : "");
});
