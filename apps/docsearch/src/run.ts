import { hash } from "node:crypto";
import { styleText } from "node:util";
import { fileStore, withCache } from "@batchwise/cache";
import { folderStore, type JobEvent, offline } from "@batchwise/jobs";
import { count, counted, duration } from "@batchwise/terminal";
import { compare, estimateComparison, sampleOf } from "../compare/compare.ts";
import { measure, measuredQuestions } from "../measure/measure.ts";
import { exampleQuestions } from "../measure/questions.ts";
import { openEmbedder, openReranker, type Sources } from "./adapters.ts";
import { answer, type Session } from "./answer.ts";
import { Batches, type BatchesOptions } from "./batches.ts";
import { chunkDocument, embeddedText } from "./chunk.ts";
import { collectDocuments } from "./collect.ts";
import type { Console } from "./console.ts";
import { type Embedded, embedTexts, findVectors } from "./embed.ts";
import { estimateEmbedding, estimateReranking, reportEstimate } from "./estimate.ts";
import type { Flags } from "./flags.ts";
import { resolvePlaces } from "./folders.ts";
import { reportAnswer, reportCollection, reportEmbedded, reportUse } from "./report.ts";
import { DocumentSearch } from "./search.ts";

/** Console, signals, and folder to which paths are relative. */
export interface RunContext extends BatchesOptions, Sources {
  readonly console: Console;
}

/**
 * Collects, chunks, embeds, searches and answers. Without a question, it measures itself and answers examples.
 *
 * @returns false when the user stopped it before the end; what was embedded is kept
 * @throws Error when the run cannot continue; what was embedded is kept
 */
export async function run(questions: readonly string[], flags: Flags, context: RunContext): Promise<boolean> {
  const { console, drain } = context;
  const { dir, maxCost = Infinity } = flags;
  const start = performance.now();
  const places = resolvePlaces(context.workingFolder, dir, flags.cache);
  const store = fileStore({ path: places.vectors });
  const batches = new Batches(context, maxCost);
  const reranker = await openReranker(flags, context);
  const embedder = await openEmbedder(flags, context);
  const session: Session = { embedder, reranker, batches, console };
  try {
    const collection = await collectDocuments(places.documents);
    console.step("Model", `${embedder.name}, by ${embedder.package}`);
    reportCollection(console, collection);
    const all = collection.documents.flatMap((document) => chunkDocument(document));
    const passages = all.slice(0, flags.limit);
    const beyond = all.length - passages.length;
    console.step("Passages", `${count(passages.length)}${beyond > 0 ? `; ${count(beyond)} more beyond --limit` : ""}`);

    const cache = { namespace: embedder.namespace, store };
    const texts = [...new Set(passages.map(embeddedText))];
    const kept = await findVectors(texts, embedder, cache);
    const missing = texts.filter((text) => !kept.has(text));

    const isMeasured = questions.length === 0 && dir === undefined;
    const answered = isMeasured ? exampleQuestions : questions;
    const asked = isMeasured ? [...measuredQuestions, ...answered] : answered;
    const sample = flags.compare === true ? sampleOf(texts) : [];
    // What is left of offline jobs is kept beside the vectors, for each folder and model: the same run finds it there.
    const onJob = (event: JobEvent): void => {
      if ("id" in event && event.type !== "polled") console.step("Job", `${event.type} ${event.id ?? ""}`);
    };
    const name = hash("sha256", JSON.stringify([places.documents, embedder.namespace]), "hex").slice(0, 16);
    const options = { store: folderStore(`${places.vectors}.jobs/${name}`), onJob };
    await using jobs = flags.offline === true ? offline(embedder.documents, options) : undefined;
    const parts = [
      ...(await estimateEmbedding(embedder, missing, "text", jobs)),
      ...(await estimateComparison(embedder, sample)),
      ...(await estimateEmbedding(embedder, asked, "question")),
      ...estimateReranking(reranker, answered, passages),
    ];
    reportEstimate(console, parts, maxCost);

    const documents = withCache(jobs ?? embedder.documents, cache);
    const embedded = await embedTexts(session, missing, documents);
    const vectors = new Map([...kept, ...embedded.vectors]);
    const ready = passages.filter((passage) => vectors.has(embeddedText(passage))).length;
    if (embedded.stopped !== undefined || drain.aborted) throw endedEarly(embedded.stopped, ready, passages.length);
    if (ready === 0) throw nothingToSearch(places.documents, collection.found, embedded);
    reportEmbedded(console, embedded, passages, places.vectors);

    const search = new DocumentSearch(collection.documents, passages, vectors, embedder.name);
    console.step("Ready", `after ${duration(performance.now() - start)}`);
    if (sample.length > 0) await compare(session, sample);
    if (isMeasured) await measure(session, search, collection.documents);
    const answers = await answer(session, search, answered, isMeasured ? 2 : flags.top);
    if (flags.json) console.result(JSON.stringify(answers, undefined, 2));
    else for (const each of answers) reportAnswer(console, each);
    if (questions.length === 0)
      console.result(`\nAsk your own: ${styleText("bold", 'npm start -- "how do I stop retrying after an error?"')}`);
    return true;
  } catch (error) {
    if (!drain.aborted) throw error;
    console.note(error instanceof Error ? error.message : String(error));
    return false;
  } finally {
    reportUse(console, batches.used);
    await store.disconnect?.();
    await embedder.close();
  }
}

/** Error that ends a run, with its progress. */
function endedEarly(reason: Error | undefined, ready: number, all: number): Error {
  const kept = `with ${count(ready)} of ${count(all)} passages ready and saved. The same command resumes from there.`;
  const end = reason === undefined ? `Stopped ${kept}` : `${reason.message}${ready > 0 ? ` Ended ${kept}` : ""}`;
  return new Error(end, { cause: reason });
}

function nothingToSearch(folder: string, found: number, { refused }: Embedded): Error {
  const [reason] = refused.values();
  const got = `got none among ${counted(found, "text file")}. Choose another folder with --dir.`;
  const all = `Expected vectors for ${counted(refused.size, "text")}, got a refusal of each: ${reason?.message}`;
  return new Error(reason === undefined ? `Expected documentation in ${folder}, ${got}` : all);
}
