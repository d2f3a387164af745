import type { Clock } from "@batchwise/core";
import { OpenAIEmbeddings } from "@batchwise/openai";
import { FakeClock } from "@batchwise/testkit";
import { memoryStore } from "../memory-store.ts";
import { type Offline, offline } from "../offline.ts";
import type { OfflineOptions } from "../options.ts";

/** Line of an input file, as far as a script needs it. */
interface SentLine {
  readonly custom_id: string;
  readonly body: { readonly input: readonly string[] };
}

/** Behavior of a server with OpenAI's Batch API. What is left out goes well, and ends a minute after it began. */
export interface BatchScript {
  readonly clock: Clock;
  /** Fields of a batch, over those of a good one. */
  readonly batch?: (job: ApiJob) => object;
  /** Text of the output file, or bytes. @default a good row for each line */
  readonly output?: (job: ApiJob) => string | Uint8Array<ArrayBuffer>;
  /** Text of the error file, of which there is none by default. */
  readonly errors?: (job: ApiJob) => string;
  /** Answer of its own to a call, such as "GET /batches/batch-0", before or after it has done its work. */
  readonly answer?: (call: string, number: number) => Response | Promise<never> | undefined;
  /** Answer of its own to the upload of a file. */
  readonly upload?: (file: File) => Response | undefined;
  /** Hands back the metadata of batches. @default true */
  readonly keepsTags?: boolean;
  readonly lose?: (call: string, number: number) => Response | Promise<never> | undefined;
}

interface JobFacts {
  readonly number: number;
  readonly createdAt: number;
  readonly file: string;
  readonly metadata: object;
}

/** Job of the server. */
export interface ApiJob extends JobFacts {
  readonly lines: readonly SentLine[];
  /** Rows as OpenAI writes them, each with its newline. */
  readonly rows: readonly string[];
  /** Fields of a row around what differs. */
  readonly row: (line: number, more: object) => string;
}

export interface BatchWorld {
  readonly clock: FakeClock;
  readonly api: BatchApi;
  readonly jobs: Offline<string, Float32Array>;
}

/** Offline jobs on a server of this script, on one clock. */
export function batchWorld(
  script: Omit<BatchScript, "clock"> = {},
  options: Partial<OfflineOptions> = {},
  clock: FakeClock = new FakeClock(),
): BatchWorld {
  const api = new BatchApi({ clock, ...script });
  const live = new OpenAIEmbeddings({ apiKey: "key", baseURL: "https://batch.example/v1", fetch: api.fetch, clock });
  return { clock, api, jobs: offline(live, { store: memoryStore(), clock, ...options }) };
}

/** A server with OpenAI's embeddings in batches: the vector of a text is its length. */
class BatchApi {
  readonly jobs: ApiJob[] = [];
  /** Calls in order, such as "GET /batches/batch-0". */
  readonly calls: string[] = [];
  readonly #script: BatchScript;
  readonly #files = new Map<string, string>();

  constructor(script: BatchScript) {
    this.#script = script;
  }

  /** Counts how often a text was sent. */
  timesSent(text: string): number {
    return this.jobs.flatMap(({ lines }) => lines).filter(({ body }) => body.input.includes(text)).length;
  }

  count(call: RegExp): number {
    return this.calls.filter((each) => call.test(each)).length;
  }

  readonly fetch: typeof globalThis.fetch = async (url, init) => {
    init?.signal?.throwIfAborted();
    const path = new URL(new Request(url).url).pathname.replace("/v1", "");
    const call = `${(init?.method ?? "get").toUpperCase()} ${path}`;
    const number = this.calls.filter((each) => each === call).length;
    this.calls.push(call);
    const answer = (await this.#script.answer?.(call, number)) ?? (await this.#answer(call, init?.body));
    return (await this.#script.lose?.(call, number)) ?? answer;
  };

  async #answer(call: string, body: unknown): Promise<Response> {
    const [, number = ""] = /-(\d+)/.exec(call) ?? [];
    const job = this.jobs[Number(number)];
    if (call === "POST /files") {
      const file = (body as FormData).get("file") as File;
      const refusal = this.#script.upload?.(file);
      if (refusal !== undefined) return refusal;
      const id = `file-in-${this.#files.size}`;
      this.#files.set(id, await file.text());
      return Response.json({ id });
    }
    if (call === "POST /batches") {
      const { input_file_id: file, metadata } = JSON.parse(String(body)) as { input_file_id: string; metadata: object };
      const facts = { number: this.jobs.length, createdAt: this.#script.clock.now(), file, metadata };
      this.jobs.push(jobOf(facts, this.#files.get(file) ?? ""));
      return Response.json(this.#batch(this.jobs.at(-1) as ApiJob));
    }
    if (call === "POST /embeddings") {
      const { input } = JSON.parse(String(body)) as { input: string[] };
      return Response.json(answerTo(input));
    }
    if (call === "GET /batches")
      return Response.json({ data: this.jobs.map((each) => this.#batch(each)), has_more: false });
    if (call.startsWith("DELETE ")) return Response.json({ deleted: true });
    if (job === undefined) return Response.json({ error: { message: "No such thing." } }, { status: 404 });
    const { output = ({ rows }: ApiJob) => rows.join(""), errors = () => "" } = this.#script;
    if (call === `GET /files/out-${number}/content`) return new Response(output(job));
    if (call === `GET /files/err-${number}/content`) return new Response(errors(job));
    return Response.json(this.#batch(job));
  }

  #batch(job: ApiJob): object {
    const { number, createdAt, lines } = job;
    const hasEnded = this.#script.clock.now() >= createdAt + 60_000;
    return {
      id: `batch-${number}`,
      object: "batch",
      status: hasEnded ? "completed" : "in_progress",
      input_file_id: job.file,
      metadata: this.#script.keepsTags === false ? null : job.metadata,
      output_file_id: hasEnded ? `out-${number}` : null,
      error_file_id: hasEnded && this.#script.errors !== undefined ? `err-${number}` : null,
      request_counts: { total: lines.length, completed: hasEnded ? lines.length : 0, failed: 0 },
      ...(hasEnded ? this.#script.batch?.(job) : {}),
    };
  }
}

function jobOf(facts: JobFacts, text: string): ApiJob {
  const lines = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as SentLine);
  const row = (line: number, more: object): string =>
    `${JSON.stringify({ id: `r-${line}`, custom_id: lines[line]?.custom_id, error: null, ...more })}\n`;
  const rows = lines.map(({ body }, line) =>
    row(line, { response: { status_code: 200, request_id: "r", body: answerTo(body.input) } }),
  );
  return { ...facts, lines, rows, row };
}

function answerTo(input: readonly string[]): object {
  const data = input.map((text, index) => ({ object: "embedding", index, embedding: [text.length] }));
  return { object: "list", data, usage: { prompt_tokens: input.length, total_tokens: input.length } };
}
