import { existsSync } from "node:fs";
import { hashText } from "@batchwise/emulator";
import { describe, expect, test } from "vitest";
import { numberedNotes, newCache, temporaryFolder, writeFiles } from "./testing/folder.ts";
import { expectNoKey, KEY, useProviders } from "./testing/providers.ts";
import { start, type Started } from "./testing/start.ts";

const providers = useProviders();
/** Runs the command line, by default with the emulator's addresses and keys. Checks that no key is printed. */
async function ask(argv: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Started> {
  const started = await start(argv, { environment: { ...providers.environment, ...environment } });
  expectNoKey(started);
  return started;
}

/** Flags for a folder of `count` passages, and a new index. */
async function notes(count: number): Promise<string[]> {
  const dir = await temporaryFolder({ "notes.md": numberedNotes(count) });
  return ["--dir", dir, "--cache", await newCache()];
}

const PROVIDERS = [
  { embed: "openai", variable: "OPENAI_API_KEY", path: "/v1/embeddings", model: "text-embedding-3-small" },
  { embed: "cohere", variable: "CO_API_KEY", path: "/v2/embed", model: "embed-v4.0" },
] as const;

describe.each(PROVIDERS)("--embed $embed", ({ embed, variable, path, model }) => {
  const flags = ["--embed", embed];

  test("embeds passages and question, and in a second start only the question", async () => {
    const folders = await notes(20);
    const first = await ask([...folders, ...flags, "what is number 3?"]);
    expect(first.code).toBe(0);
    expect(first.embedder.texts).toEqual([]);
    expect(first.notes).toContain(`${model}, by @batchwise/${embed}`);
    expect(first.notes).toContain("20 texts embedded");
    expect(first.results).toContain("1. notes.md:");
    expect(providers.sent.every((request) => request.path === path && request.body.model === model)).toBe(true);
    expect(textsSent()).toHaveLength(21);

    providers.reset({});
    const second = await ask([...folders, ...flags, "what is number 3?"]);
    expect(second.results).toBe(first.results);
    expect(providers.emulator.stats().inputsAnswered).toBe(1);
  });

  test("prints its estimate before anything is sent, and its use at the end", async () => {
    const { notes: said } = await ask([...(await notes(20)), ...flags, "what is number 3?"]);
    expect(providers.sent[0]?.notes).toMatch(
      /Estimate +20 texts to embed: 1 request, at most [\d,]+ tokens, \$0\.000\d+/,
    );
    expect(providers.sent[0]?.notes).toMatch(/1 question to embed: 1 request, at most 17 tokens, \$0\.0000\d+/);
    const { tokensAdmitted, requests } = providers.emulator.stats();
    expect(said).toMatch(new RegExp(`Used +${requests} requests, ${tokensAdmitted} tokens, \\$0\\.0000\\d+`));
  });

  test("--model and --embed-options reach the wire, and have vectors of their own", async () => {
    const folders = await notes(3);
    const chosen = embed === "openai" ? "text-embedding-3-large" : "embed-v5.0-pro";
    await ask([...folders, ...flags, "number"]);
    const options = embed === "openai" ? '{"dimensions": 256}' : '{"outputDimension": 256}';
    const argv = [...folders, ...flags, "--model", chosen, "--embed-options", options, "number"];
    const { notes: said } = await ask(argv);
    expect(said).toContain("3 texts embedded");
    const { body } = providers.sent.at(-1) ?? {};
    expect(body).toMatchObject({ model: chosen, [embed === "openai" ? "dimensions" : "output_dimension"]: 256 });
  });

  test.each(["", "  ", undefined])("without a key (%j) it names the variable, and does nothing", async (key) => {
    const folders = await notes(3);
    const { code, notes: said } = await ask([...folders, ...flags, "number"], { [variable]: key });
    expect(code).toBe(1);
    expect(said).toMatch(
      new RegExp(`^error: Expected a key for --embed ${embed} in the environment variable ${variable}`),
    );
    expect(said.trim().split("\n")).toHaveLength(1);
    expect(providers.sent).toEqual([]);
    expect(existsSync(folders.at(-1) ?? "")).toBe(false);
  });

  test("a wrong key is one clear error, after one request", async () => {
    providers.reset({ apiKey: "another" });
    const { code, notes: said } = await ask([...(await notes(3)), ...flags, "--debug", "number"]);
    expect(code).toBe(1);
    expect(said.match(/error: /g)).toHaveLength(1);
    expect(said).toMatch(new RegExp(`^error: .*401.*${variable}`, "m"));
    expect(said).toMatch(/Used +1 request, 0 tokens, \$0\.00/);
    expect(said).not.toMatch(/^ +\d+\/3 /m);
    expect(providers.emulator.stats().byStatus).toEqual({ "401": 1 });
  });

  test("a key that a header cannot hold is refused before anything is done", async () => {
    const { code, notes: said } = await ask([...(await notes(3)), ...flags, "number"], { [variable]: `${KEY} ${KEY}` });
    expect(code).toBe(1);
    expect(said.trim().split("\n")).toHaveLength(1);
    expect(said).toMatch(/^error: Expected `apiKey`/);
  });

  test("P49 a model that does not exist ends the run, and costs a few requests", async () => {
    providers.reset({ models: ["another"] });
    const { code, notes: said } = await ask([...(await notes(3000)), ...flags, "number"]);
    expect(code).toBe(1);
    expect(said).toMatch(/^error: .*404/m);
    // What was in flight at the first answer, 10 of Cohere's 32 requests, and then five single passages: its 404 has no
    // code that says that all are refused.
    expect(providers.emulator.stats().requests).toBeLessThanOrEqual(10 + 5);
  });

  test("P24 P40 a quota that is used up in the middle stops it; the same command resumes from there", async () => {
    const argv = [...(await notes(700)), ...flags, "what is number 3?"];
    providers.reset({ faults: { quotaAfterRequests: 1 } });
    const stopped = await ask(argv);
    expect(stopped.code).toBe(1);
    const kept = providers.emulator.stats().inputsAnswered;
    expect(kept).toBeGreaterThan(0);
    expect(stopped.notes).toMatch(
      new RegExp(
        `^error: .*(429|402).* Ended with ${kept} of 700 passages ready and saved. The same command resumes`,
        "m",
      ),
    );
    expect(stopped.results).toBe("");

    providers.reset({});
    const again = await ask(argv);
    expect(again.code).toBe(0);
    expect(again.notes).toContain(`${700 - kept} texts embedded`);
    expect(providers.emulator.stats().inputsAnswered).toBe(700 - kept + 1);
  });

  test(
    "P2 server errors and rate limits lose nothing, and nothing is embedded twice",
    { timeout: 180_000 },
    async () => {
      const argv = [...(await notes(700)), ...flags, "what is number 3?"];
      // Of some twenty calls each may wait for another: the order of a busy machine decides how often.
      providers.reset({ seed: 6, faults: { serverErrorRate: 0.2, rateLimitRate: 0.1, retryAfterMs: 200 } });
      const { code, notes: said } = await ask(argv);
      const { faults, inputs = {} } = providers.emulator.stats();
      expect((faults.serverError ?? 0) + (faults.rateLimit ?? 0)).toBeGreaterThan(0);
      expect(code).toBe(0);
      expect(said).toContain("700 texts embedded");
      expect(said).toMatch(/Used +\d+ requests \(\d+ retr(y|ies)\)/);
      const answered = Array.from({ length: 700 }, (_, index) => inputs[hashText(noteText(index))]?.answered);
      expect(new Set(answered)).toEqual(new Set([1]));
    },
  );

  test("P6 a broken vector or body costs only its own passages another attempt", async () => {
    const argv = [...(await notes(700)), ...flags, "what is number 3?"];
    // Not in every answer: what is wrong with whatever is sent ends a run.
    providers.reset({ seed: 3, faults: { wrongSizeRate: 0.3, nanRate: 0.3, cutBodyRate: 0.2, htmlErrorRate: 0.2 } });
    const first = await ask(argv);
    expect(Object.keys(providers.emulator.stats().faults)).not.toEqual([]);
    expect(first.code).toBe(0);
    expect(first.results).toContain("1. notes.md:");
    providers.reset({});
    const second = await ask(argv);
    expect(second.code).toBe(0);
    expect(second.notes).not.toContain("Skipped");

    providers.reset({ faults: { wrongSizeRate: 1 } });
    const third = await ask(argv);
    expect(third.code).toBe(0);
    expect(third.notes).toContain("The question could not be embedded: it is answered by its words alone.");
    expect(third.results).toContain("1. notes.md:");
  });

  test("P36 a passage that the provider refuses is skipped and named, and the others are searched", async () => {
    const folders = await notes(120);
    await writeFiles(folders[1] ?? "", { "bad.md": "\nThere is some REFUSED in this one.\n" });
    providers.reset({ faults: { badInput: { marker: "REFUSED", named: true } } });
    const { code, notes: said } = await ask([...folders, ...flags, "what is number 3?"]);
    expect(code).toBe(0);
    expect(said).toContain("120 texts embedded");
    expect(said).toContain("1 passage that could not be embedded");
    expect(said).toContain("bad.md:2 ");

    providers.reset({ faults: { badInput: { marker: "REFUSED" } } });
    const anew = ["--cache", await newCache(), ...flags, "number 3"];
    expect((await ask([...folders, ...anew])).notes).toContain("120 texts embedded");
  });

  test("a question that the provider refuses is answered by its words, and the others as usual", async () => {
    const folders = await notes(5);
    providers.reset({ faults: { badInput: { marker: "REFUSED" } } });
    const {
      code,
      notes: said,
      results,
    } = await ask([...folders, ...flags, "--json", "say of REFUSED number", "what is number 3?"]);
    expect(code).toBe(0);
    expect(said).toContain("Question 1 could not be embedded: it is answered by its words alone.");
    expect(JSON.parse(results)).toMatchObject([
      { hits: [{ passage: { document: "notes.md" } }] },
      { hits: [{ passage: { document: "notes.md" } }] },
    ]);
  });

  test("--max-cost stops it and keeps what was embedded, and a higher one resumes from there", async () => {
    const price = embed === "openai" ? 0.02 : 0.12;
    const [count, tokens] = embed === "openai" ? [1500, 12_000] : [300, 2400];
    const argv = [...(await notes(count)), ...flags, "what is number 3?"];
    // Enough for a part. A passage has 12 tokens here, estimated as 46 until the first answer.
    const cap = String((tokens * price) / 1_000_000);
    const stopped = await ask([...argv, "--max-cost", cap]);
    expect(stopped.code).toBe(1);
    expect(stopped.notes).toContain("That may be more than --max-cost");
    const kept = providers.emulator.stats().inputsAnswered;
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThan(count);
    expect(stopped.notes).toMatch(
      new RegExp(
        `^error: Expected the batch to stay within \`maxCost\` .* got a call that may take .* ${kept} of ${number(count)} passages`,
        "m",
      ),
    );
    expect((providers.emulator.stats().tokensAdmitted * price) / 1_000_000).toBeLessThanOrEqual(Number(cap));
    expect((await ask([...argv, "--max-cost", "1"])).notes).toContain(`${number(count - kept)} texts embedded`);
  });

  test("a stop by the user before anything was sent sends nothing", async () => {
    const { code } = await start([...(await notes(3)), ...flags, "number"], {
      environment: providers.environment,
      drain: AbortSignal.abort(new Error("stop")),
    });
    expect(code).toBe(130);
    expect(providers.sent).toEqual([]);
  });

  test("Ctrl-C keeps what is in flight, and the same command resumes from there", async () => {
    const argv = [...(await notes(1500)), ...flags, "what is number 3?"];
    const drain = new AbortController();
    providers.onRequest = () => drain.abort(new Error("stop"));
    const { code, notes: said } = await start(argv, { environment: providers.environment, drain: drain.signal });
    expect(code).toBe(130);
    const kept = providers.emulator.stats().inputsAnswered;
    expect(kept).toBeGreaterThan(0);
    expect(said).toContain(`Stopped with ${number(kept)} of 1,500 passages ready and saved.`);
    expect(said).toMatch(/Used +[1-9]/);
    providers.onRequest = undefined;
    expect((await ask(argv)).notes).toContain(`${number(1500 - kept)} texts embedded`);
  });

  test("the strategies are compared only with --compare", async () => {
    const folders = await notes(10);
    const usual = await ask([...folders, ...flags]);
    expect(usual.code).toBe(0);
    expect(usual.results).not.toContain("Three strategies");
    expect(providers.emulator.stats().inputsAnswered).toBe(10);

    providers.reset({});
    const compared = await ask([...folders, ...flags, "--compare"]);
    expect(compared.notes).toMatch(/10 texts to embed in three ways, for --compare: 21 requests/);
    expect(compared.results).toMatch(/default: one call after another +10 /);
    expect(compared.results).toMatch(/bulk: many texts a call +1 /);
    expect(providers.emulator.stats().inputsAnswered).toBe(30);
    expect(compared.notes).toMatch(/Used +21 requests, [1-9]\d* tokens, \$0\.0\d*[1-9]/);
  });
});

test("P10 Cohere gets passages as documents and questions as queries", async () => {
  await ask([...(await notes(3)), "--embed", "cohere", "what is number 3?"]);
  expect(providers.sent.map(({ body }) => [body.input_type, body.texts.length])).toEqual([
    ["search_document", 3],
    ["search_query", 1],
  ]);
});

test("one embedder's index is never searched with another's vectors, and each keeps its own", async () => {
  const folders = await notes(4);
  await ask([...folders, "--embed", "openai", "number"]);
  const other = await ask([...folders, "--embed", "cohere", "number"]);
  expect(other.notes).toContain("4 texts embedded");
  const local = await ask([...folders, "number"]);
  expect(local.embedder.texts).toHaveLength(4 + 1);
  expect(local.notes).not.toMatch(/Estimate|Used/);

  providers.reset({});
  for (const embed of ["openai", "cohere"]) {
    expect((await ask([...folders, "--embed", embed, "number"])).notes).toContain("nothing new");
  }
  expect(providers.emulator.stats().inputsAnswered).toBe(2);
});

test("a model of unknown length and price is used as well, but not with --max-cost", async () => {
  const folders = await notes(3);
  providers.reset({ dimensions: 40 });
  const { code, notes: said } = await ask([...folders, "--embed", "openai", "--model", "of-my-own", "number"]);
  expect(code).toBe(0);
  expect(said).toContain("at a price that is not known here");
  expect(textsSent()).toHaveLength(3 + 1);
  const capped = await ask([...folders, "--embed", "openai", "--model", "of-my-own", "--max-cost", "1", "number"]);
  expect(capped.code).toBe(1);
  expect(capped.notes).toMatch(/^error: Expected a model with a known price for --max-cost/m);
  expect(textsSent()).toHaveLength(3 + 1);
});

test("P6 vectors of another length than those in the file are refused, never mixed with them", async () => {
  const folders = await notes(3);
  const flags = [...folders, "--embed", "openai", "--model", "of-my-own"];
  providers.reset({ dimensions: 40 });
  await ask([...flags, "number"]);
  await writeFiles(folders[1] ?? "", { "more.md": "There is more to say of it now.\n" });
  providers.reset({ dimensions: 41 });
  const { notes: said } = await ask([...flags, "number"]);
  expect(said).toMatch(/more\.md:1 .*expected 40 finite numbers/);
  expect(said).toContain("The question could not be embedded: it is answered by its words alone.");
});

test("the long name of docsearch's own adapter is the same as the short one, and takes options", async () => {
  const folders = await notes(3);
  const options = '{"requestsPerMinute": 300, "user": "me"}';
  await ask([...folders, "--embed", "openai", "number"]);
  const { code, notes: said } = await ask([...folders, "--embed", "@batchwise/openai#embeddings", "number"]);
  expect(code).toBe(0);
  expect(said).toContain("nothing new");
  const other = await ask([...folders, "--embed", "openai", "--embed-options", options, "number"]);
  expect(other.notes).toContain("3 texts embedded");
  expect(providers.sent.at(-1)?.body).toMatchObject({ user: "me" });
});

test("a start without a question in a project measures and shows examples, and estimates that before", async () => {
  const workingFolder = await temporaryFolder({
    "package-lock.json": "",
    "node_modules/a/README.md": numberedNotes(3),
  });
  const {
    code,
    results,
    notes: said,
  } = await start(["--embed", "openai"], { environment: providers.environment, workingFolder });
  expect(said).not.toContain("error:");
  expect(code).toBe(0);
  expect(providers.sent[0]?.notes).toMatch(/69 questions to embed: 1 request, /);
  expect(results).toContain("Is the right file found? 30 questions");
  expect(results).not.toContain("Three strategies");
  expect(textsSent()).toHaveLength(3 + 69);
});

/** All texts that were sent to be embedded. */
function textsSent(): string[] {
  return providers.sent.flatMap(({ body }) => body.input ?? body.texts ?? []);
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}

function noteText(index: number): string {
  return `notes: Note ${index}\nThis is what there is to say of number ${index}.`;
}
