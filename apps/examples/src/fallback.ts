// Asks a large model about the lines of a file, and a smaller one where the large one fails.
import { readFile } from "node:fs/promises";
import { withFallbacks } from "@batchwise/core";
import { OpenAIChat } from "@batchwise/openai";

const [file = "reviews.txt"] = process.argv.slice(2);
const reviews = (await readFile(file, "utf8")).trimEnd().split(/\r?\n/);

const instructions = "Is this review good or bad? Answer with one word.";
const large = new OpenAIChat({
  model: "gpt-6-sol",
  instructions,
  // The smaller model takes over after 20 seconds of an outage, where alone it would be waited for for minutes.
  retry: { attempts: 2, outageMs: 20_000 },
});
const small = new OpenAIChat({ model: "gpt-6-luna", instructions });

const answers = await withFallbacks(large, [small]).batch(reviews, { returnExceptions: true });

let failed = 0;
for (const [index, answer] of answers.entries()) {
  if (answer instanceof Error) {
    failed++;
    console.error(`line ${index + 1}: ${answer.message}`);
  } else {
    console.log(`${answer.model}: ${answer.text}`);
  }
}
process.exitCode = failed === 0 ? 0 : 1;
