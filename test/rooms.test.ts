import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

/** What an adapter package is made of. */
interface Rooms {
  /** Files that have a Runnable each. */
  readonly runnables: readonly string[];
  /** Rooms that it has no need of. */
  readonly without: Readonly<Record<string, string>>;
  /** Files that are really its own: what no other adapter could use. */
  readonly own: Readonly<Record<string, string>>;
}

/** Rooms of every adapter package, beside a file a Runnable. */
const ROOMS = ["index", "adapters", "client", "options", "limits", "prices", "headers", "errors", "usage", "jobs/"];
/** Files of the room `jobs/`. */
const JOBS = ["jobs/batch-jobs", "jobs/batch-state", "jobs/limits"];

const PROVIDERS: Readonly<Record<string, Rooms>> = {
  "packages/providers/openai": {
    runnables: ["embeddings", "moderation", "chat", "responses"],
    without: {},
    own: {
      "chat-events": "the message of a chat whose events come in the forms of many servers",
      "either-form": "parameters that some servers know in another form only",
      generation: "what chat completions and the Responses API have in common",
      send: "one request through OpenAI's SDK, and its events",
      texts: "texts are cut at tokens, which takes a tokenizer",
      tokens: "the tokenizer of its embedding models",
      "vector-sieve": "vectors are decoded while a large body of the SDK's arrives",
    },
  },
  "packages/providers/cohere": {
    runnables: ["embeddings", "rerank", "chat", "classify"],
    without: {},
    own: {
      fetcher: "makes Cohere's SDK use a `fetch` that is given",
      "rerank-parts": "lists that are too long for one call of rerank",
      schema: "keywords of JSON Schema that Cohere does not take",
      send: "one request through Cohere's SDK, and its events",
      "jobs/avro-rows": "Cohere's batches give rows in Avro",
      "jobs/from-wire": "rows of a batch, in the SDK's spelling",
      "jobs/index": "what is loaded when jobs are asked for",
      "jobs/to-wire": "requests of a batch, in the wire's spelling",
    },
  },
  "packages/providers/fetch": {
    runnables: ["fetcher"],
    without: {
      client: "it makes its requests with the global `fetch`",
      prices: "URLs cost nothing",
      headers: "hosts report no limits in headers that many share",
      usage: "URLs report none",
      "jobs/": "hosts have no offline jobs",
    },
    own: {
      body: "reads a body as JSON, text or bytes, up to a size",
      hosts: "a limiter for each host",
      "outage-limiter": "an outage of the one server that all URLs are of",
      target: "what may be fetched: a URL or a Request",
    },
  },
  "packages/providers/local": {
    runnables: ["embeddings"],
    without: {
      client: "the model runs in this process",
      prices: "it costs nothing",
      headers: "there is no response",
      usage: "it counts its tokens itself",
      "jobs/": "there is no provider to queue them",
    },
    own: {
      buckets: "texts of alike length go through the model together",
      cache: "models that are loaded",
      model: "which model an option means",
      "open-model": "opens a model's files",
      pooling: "one vector out of a text's token vectors",
      session: "runs a model in a thread",
      sessions: "runs a model in several threads",
      signature: "tells a model's files apart from others",
      worker: "the thread's program",
      "built-in": "models that are known by name",
      "package-files": "files of a model's package, by their hashes",
      "all-minilm-l6-v2/": "the model that finds most, which comes in another layout",
      "hugging-face/": "models in the layout of Hugging Face",
      "onnx/": "writes networks as ONNX files",
      "tokenizers/": "texts to tokens",
      "universal-sentence-encoder/": "a small model, which comes in a layout of its own",
    },
  },
  "packages/tools/create-adapter/template": {
    runnables: ["embeddings", "chat", "rerank"],
    without: {
      client: "plain JSON requests are the kit's",
      prices: "its author knows them",
      usage: "it is a field or two of an answer",
      "jobs/": "few providers have offline jobs",
    },
    own: {},
  },
};

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** A package's sources without tests and their fixtures, sorted: names without `.ts`. */
function sourcesIn(folder: string): string[] {
  return readdirSync(path.join(ROOT, folder, "src"), { recursive: true, encoding: "utf8" })
    .map((file) => file.replaceAll(path.sep, "/"))
    .filter((file) => file.endsWith(".ts") && !/\.test(-d)?\.ts$|(^|\/)fixtures\//.test(file))
    .map((file) => file.slice(0, -3))
    .toSorted();
}

function textOf(folder: string, file: string): string {
  return readFileSync(path.join(ROOT, folder, "src", `${file}.ts`), "utf8");
}

test("every provider is listed here", () => {
  const providers = readdirSync(path.join(ROOT, "packages/providers")).map((name) => `packages/providers/${name}`);
  expect(providers.filter((folder) => PROVIDERS[folder] === undefined)).toEqual([]);
});

describe.each(Object.entries(PROVIDERS))("%s", (folder, { runnables, without, own }) => {
  const rooms = ROOMS.filter((room) => without[room] === undefined);
  const files = [...rooms.filter((room) => room !== "jobs/"), ...(rooms.includes("jobs/") ? JOBS : []), ...runnables];
  const allowed = [...files, ...Object.keys(own)];
  const isIn = (file: string, room: string): boolean => (room.endsWith("/") ? file.startsWith(room) : file === room);
  const sources = sourcesIn(folder);

  test("has no file outside of its rooms", () => {
    expect(sources.filter((file) => !allowed.some((room) => isIn(file, room)))).toEqual([]);
  });

  test("has all of its rooms, and what is listed as its own", () => {
    expect(allowed.filter((room) => !sources.some((file) => isIn(file, room)))).toEqual([]);
    expect(Object.keys(without).filter((room) => sources.some((file) => isIn(file, room)))).toEqual([]);
  });

  test("has a file a Runnable, and no Runnable elsewhere", () => {
    const found = sources.filter((file) => /^export class \w+.* extends (Bulk)?Runnable</m.test(textOf(folder, file)));
    expect(found).toEqual(runnables.toSorted());
  });
});

const ADAPTERS = [...Object.keys(PROVIDERS), "packages/interop/langchain", "packages/interop/ai-sdk"];
const VERDICTS =
  "authentication|quota_exceeded|rate_limited|request_too_large|invalid_input|invalid_argument|provider_error";

/** Files outside of a provider's `errors` that look at a status, and what for: not to judge a refusal. */
const LOOKING: Readonly<Record<string, string>> = {
  "packages/providers/fetch/fetcher": "which answers slow a host down",
  "packages/providers/openai/jobs/batch-jobs": "a file that was uploaded a moment ago",
  "packages/providers/openai/jobs/batch-state": "a batch's own error is judged as a refusal of its file",
  "packages/providers/cohere/jobs/batch-jobs": "an output that is not there yet",
};

describe.each(ADAPTERS)("%s", (folder) => {
  test("judges statuses and codes in the kit: rows of its own are in `errors`", () => {
    for (const file of sourcesIn(folder)) {
      if (file === "errors") continue;
      const code = textOf(folder, file).replaceAll(/\/\*[^]*?\*\/|\/\/ .*/g, "");
      expect(code, file).not.toMatch(new RegExp(`[45]\\d\\d: "(${VERDICTS})"|\\$?/, "(${VERDICTS})"`));
      const looks = /status.*\b[45]\d\d\b/i.test(code);
      expect(looks, file).toBe(LOOKING[`${folder}/${file}`] !== undefined);
    }
  });
});
