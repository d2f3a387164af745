import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonTextIn } from "./json-text.ts";

const json = '{"a":"`````js\\nx`````","b":[1]}';

// Fences: langchain-ai/langchainjs#8339, VoltAgent/voltagent#421. Thoughts: langchain-ai/langchain#31585 and #35530.
test.for<[string, string]>([
  ["alone", json],
  ["with space and a byte order mark around it", `\uFEFF\n ${json} \n`],
  ["in a fence", `\`\`\`json\n${json}\n\`\`\``],
  ["in a fence without a language", `\`\`\`\n${json}\n\`\`\``],
  ["in a fence on one line", `\`\`\`json${json}\`\`\``],
  ["in a fence between words", `Here it is:\n\`\`\`json\n${json}\n\`\`\`\nAnything else?`],
  ["after half a fence", `\`\`\`json\n${json}`],
  ["before half a fence", `${json}\n\`\`\``],
  ["after thoughts", `<think>\nIs {"a":0} right?\n</think>\n\n${json}`],
  ["after empty thoughts, in a fence", `<think>\n\n</think>\n\`\`\`json\n${json}\n\`\`\``],
  ["after thoughts whose beginning is in the prompt", `Let me see.</think>${json}`],
  ["between words", `Sure! ${json} I hope this helps.`],
])("P48 JSON %s is found", ([, text]) => {
  expect(jsonTextIn(text)).toBe(json);
});

test.for([
  "",
  "no",
  "```json\n```",
  '{"a":1',
  '<think>{"a":1}',
  "<think>a</think>",
  '{"a":1} or {"a":2}',
  "Is {this} it?",
])("P48 there is none in %j", (text) => {
  expect(jsonTextIn(text)).toBeUndefined();
});

test("any JSON is itself, and the same in a fence and after thoughts", () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(jsonTextIn(text)).toBe(text.trim());
      expect(jsonTextIn(`<think>a</think>\n\`\`\`json\n${text}\n\`\`\``)).toBe(text.trim());
    }),
  );
});

test("a long text without JSON is read through quickly", () => {
  expect(jsonTextIn("```".repeat(200_000))).toBeUndefined();
  expect(jsonTextIn("{".repeat(500_000))).toBeUndefined();
});
