import { inspect } from "node:util";
import type { JobBackend } from "@batchwise/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { refusedWith, type SentRequest, wire } from "../fixtures/wire.ts";
import { OpenAIChat } from "../index.ts";

const KEY = "sk-canarykey-0123456789abcdef";
const INPUT = "canary input one";
/** Pieces that must not turn up: any part of the key that is more than a stock prefix, any of the input. */
const SECRETS = /canary|0123456789|abcdef/i;

const logged: unknown[][] = [];
beforeEach(() => {
  logged.length = 0;
  for (const method of ["log", "info", "warn", "error", "debug"] as const) {
    vi.spyOn(console, method).mockImplementation((...values) => void logged.push(values));
  }
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** What a server may say that quotes everything it was sent. */
const quoting = ({ headers }: SentRequest): string => `${headers.get("authorization")} ${INPUT}`;
const batch = (more: object): object => ({ id: "batch-1", input_file_id: "file-0", output_file_id: "file-1", ...more });

test.for<[string, (request: SentRequest) => Response]>([
  ...[400, 401, 402, 403, 404, 409, 413, 429, 500].map((status): [string, (request: SentRequest) => Response] => [
    `a ${status} whose every field quotes`,
    (request) => {
      const text = quoting(request);
      return refusedWith(status, { message: text, code: text, type: text, param: text }, { "retry-after": text });
    },
  ]),
  ["a page that quotes", (request) => new Response(quoting(request), { status: 502 })],
  ["a good status and no JSON", (request) => new Response(quoting(request))],
  ["no object", (request) => Response.json(quoting(request))],
  ["an id that is none", (request) => Response.json({ id: { text: quoting(request) } })],
  [
    "a connection that fails and quotes",
    (request) => {
      throw Object.assign(new Error(quoting(request)), { code: "ECONNRESET", cause: new Error(quoting(request)) });
    },
  ],
  [
    "a batch that failed and quotes",
    (request) =>
      Response.json(
        batch({ status: "failed", errors: { data: [{ code: quoting(request), message: quoting(request) }] } }),
      ),
  ],
  [
    "rows that quote",
    (request) => {
      if (!request.url.endsWith("/content")) return Response.json(batch({ status: "completed" }));
      const text = quoting(request);
      const error = { message: text, code: text, type: text, param: text };
      const rows = [
        { custom_id: "0", response: { status_code: 400, body: { error } }, error: null },
        { custom_id: "1", response: null, error },
        { custom_id: "2", response: { status_code: 200, body: { text } }, error: null },
        { custom_id: "3", response: { status_code: 200, body: { choices: [{ message: { refusal: text } }] } } },
        { custom_id: "4", response: { status_code: 200, body: { error } } },
      ];
      return new Response(`${rows.map((row) => JSON.stringify(row)).join("\n")}\n${text}\n`);
    },
  ],
])("P35 %s: neither key nor input in any error", async ([, answer]) => {
  const { fetch } = wire(answer);
  const chat = new OpenAIChat({ apiKey: KEY, baseURL: "https://server.test/v1", fetch, model: "m" });
  const errors = await everyError(await chat.settings.jobs!());
  expect(errors.length).toBeGreaterThan(0);
  for (const error of errors) {
    expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(SECRETS);
    expect(JSON.stringify(error)).not.toMatch(SECRETS);
    expect((error as Error).message).not.toMatch(SECRETS);
  }
  expect(inspect(logged, { depth: 10 })).not.toMatch(SECRETS);
});

/** Everything that goes wrong with any call. */
async function everyError(backend: JobBackend): Promise<unknown[]> {
  vi.useFakeTimers({ shouldAdvanceTime: true, advanceTimeDelta: 1000 });
  const errors: unknown[] = [];
  const note = (error: unknown): void => void errors.push(error);
  const rows = async (): Promise<void> => {
    for await (const { outcome } of backend.rows("batch-1", () => [INPUT], {})) note(outcome);
  };
  await Promise.all([
    backend.create([backend.line([INPUT], "0")], "tag", {}).catch(note),
    backend.find("tag", {}).catch(note),
    backend.poll("batch-1", {}).then(({ reason }) => reason && note(reason), note),
    backend.cancel("batch-1", {}).catch(note),
    rows().catch(note),
  ]);
  vi.useRealTimers();
  return errors;
}
