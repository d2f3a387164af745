import { expect, test } from "vitest";
import { ask, Canceled } from "./ask.ts";
import { FakeTerminal, type Key } from "./testing/fake-terminal.ts";

const ENTER: readonly Key[] = ["enter"];
const NAMED: Readonly<Record<string, readonly Key[]>> = { "called on npm": ["acme", "enter"] };

test("but for the name, each question has an answer that Enter takes", async () => {
  const terminal = new FakeTerminal({
    "called on npm": ["acme", "enter"],
    "take its inputs": ENTER,
    "Where is the API": ENTER,
    "holds the key": ENTER,
    "one request take": ENTER,
    "in flight": ENTER,
    "requests a minute": ENTER,
    "tokens a minute": ENTER,
    "the author": ENTER,
  });
  expect(await ask({}, terminal)).toEqual({
    name: "acme",
    strategy: "bulk",
    baseURL: "https://api.acme.example/v1",
    keyVariable: "ACME_API_KEY",
    maxInputs: 96,
    maxConcurrency: 5,
    author: "The acme contributors",
  });
});

test("what is typed is the answer; what cannot be is said, and asked again", async () => {
  const terminal = new FakeTerminal({
    "called on npm": ["Acme", "enter"],
    "lower-case letters": [...Array.from("Acme", () => "backspace"), "acme", "enter"],
    "take its inputs": ["down", "enter"],
    "one request do": ["down", "enter"],
    "Where is the API": ENTER,
    "holds the key": ENTER,
    "in flight": ["20", "enter"],
    "requests a minute": ["600", "enter"],
    "tokens a minute": ENTER,
    "the author": ENTER,
  });
  const options = await ask({}, terminal);
  expect(options).toMatchObject({
    name: "acme",
    strategy: "concurrent",
    kind: "rerank",
    maxConcurrency: 20,
    requestsPerMinute: 600,
  });
  expect(options.tokensPerMinute).toBeUndefined();
  expect(terminal.shown).not.toContain("one request take");
});

test("a kind says the strategy, and bulk has no kind", async () => {
  const known = {
    name: "acme",
    baseURL: "https://acme.example",
    keyVariable: "ACME_KEY",
    maxInputs: 3,
    maxConcurrency: 4,
    requestsPerMinute: 5,
    tokensPerMinute: 6,
    author: "Ada",
  };
  const rerank = await ask({ ...known, kind: "rerank" }, new FakeTerminal({}));
  expect(rerank).toEqual({ ...known, kind: "rerank", strategy: "concurrent" });
  const both = await ask({ ...known, strategy: "both" }, new FakeTerminal({ "one request do": ENTER }));
  expect(both).toEqual({ ...known, kind: "chat", strategy: "both" });
});

test("what flags have said is not asked", async () => {
  const known = {
    name: "acme",
    strategy: "bulk",
    baseURL: "https://acme.example",
    keyVariable: "ACME_KEY",
    maxInputs: 3,
    maxConcurrency: 4,
    requestsPerMinute: 5,
    tokensPerMinute: 6,
    author: "Ada",
    dir: "elsewhere",
    force: true,
  } as const;
  expect(await ask(known, new FakeTerminal({}))).toEqual(known);
});

test.each(["called on npm", "take its inputs", "tokens a minute"])("Ctrl-C at %j calls it off", async (question) => {
  const answers = ["called on npm", "take its inputs", "Where is the API", "holds the key", "one request take"];
  const all = [...answers, "in flight", "requests a minute", "tokens a minute"];
  const keys = all.map((each): [string, readonly Key[]] => [each, each === question ? ["ctrl-c"] : ENTER]);
  const terminal = new FakeTerminal({ ...Object.fromEntries(keys), ...(question === all[0] ? {} : NAMED) });
  await expect(ask({}, terminal)).rejects.toThrow(Canceled);
  expect(terminal.shown).toContain("Nothing was written.");
});
