// Translates the lines of a file for at most so many dollars: says what it may cost, and stops before it costs more.
import { readFile } from "node:fs/promises";
import { OpenAIChat } from "@batchwise/openai";

const [dollars = "0.01", file = "reviews.txt"] = process.argv.slice(2);
const reviews = (await readFile(file, "utf8")).trimEnd().split(/\r?\n/);

const translate = new OpenAIChat({
  model: "gpt-6-luna",
  instructions: "Translate into French.",
  maxTokens: 100, // the longest answer, by which its cost is reserved
});

const { requests, cost = 0 } = translate.estimate(reviews);
console.log(`${requests} requests, which cost at most $${cost.toFixed(4)}.`);

const answers = await translate.batch(reviews, {
  maxCost: Number(dollars),
  returnExceptions: true,
  onFinish: ({ status, fulfilled, usage }) => {
    console.log(`${fulfilled} of ${reviews.length} answers for $${(usage.cost ?? 0).toFixed(4)}.`);
    if (status !== "completed" || fulfilled < reviews.length) process.exitCode = 1;
  },
});

for (const answer of answers) console.log(answer instanceof Error ? `(${answer.name})` : answer.text);
