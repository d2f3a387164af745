// Embeds the lines of a file through middleware of its own: no address leaves this machine, and each call is written down.
import { appendFile, readFile } from "node:fs/promises";
import { type Middleware, withConfig } from "@batchwise/core";
import { OpenAIEmbeddings } from "@batchwise/openai";

const [file = "reviews.txt", log = "calls.jsonl"] = process.argv.slice(2);
const texts = (await readFile(file, "utf8")).trimEnd().split(/\r?\n/);

/** Sends texts without addresses. The outcomes keep the texts as they are. */
const redactor: Middleware<string> = {
  call: (call, next) =>
    next({ ...call, inputs: call.inputs.map((text) => text.replaceAll(/[\w.+-]+@[\w.-]+\w/g, "[address]")) }),
};

/** Writes down what was called, and never what was sent. */
const auditor: Middleware<string> = {
  async call(call, next) {
    const result = await next(call);
    const line = { at: new Date(), inputs: call.inputs.length, attempt: call.attempt, ...result.usage };
    await appendFile(log, `${JSON.stringify(line)}\n`);
    return result;
  },
  batch: () => ({
    onFinish: ({ status, requests }) => console.log(`The batch is ${status}. ${requests} calls are in ${log}.`),
  }),
};

const embeddings = withConfig(new OpenAIEmbeddings(), { middleware: [redactor, auditor] });
const vectors = await embeddings.batch(texts);
console.log(`${vectors.length} vectors.`);
