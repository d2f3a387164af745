import { InputError, type RerankInput, type RerankScore, ResultError } from "@batchwise/core";
import { fieldsOf, numberIn } from "./fields.ts";
import { kindOf } from "./kind-of.ts";
import { notInput } from "./texts.ts";
import { utf8Length } from "./utf8-length.ts";

/** @throws InputError for a query that is blank or not a text, and for documents that are not texts */
export function requireRerankInput(input: unknown): asserts input is RerankInput {
  const { query, documents } = fieldsOf(input) ?? {};
  if (typeof query !== "string" || query.trim() === "") throw notInput("a query that is not blank", query);
  if (!Array.isArray(documents)) throw notInput("a query with an array of documents", documents);
  const position = documents.findIndex((document) => typeof document !== "string");
  if (position === -1) return;
  throw new InputError(
    `Expected document ${position} to be a string, got ${kindOf(documents[position])}. Change it, or leave it out.`,
  );
}

/**
 * At most how many tokens a request reads: the query with each document, UTF-8 bytes being never fewer than tokens. Never
 * throws: what cannot be weighed fails in the call.
 *
 * @param maxTokensPerDoc where the provider cuts a document off
 */
export function rerankTokens(input: unknown, maxTokensPerDoc: number = Infinity): number {
  const { query, documents } = fieldsOf(input) ?? {};
  if (!Array.isArray(documents)) return 0;
  const perDocument = utf8Length(query);
  return documents.reduce<number>(
    (sum, document) => sum + perDocument + Math.min(utf8Length(document), maxTokensPerDoc),
    0,
  );
}

/**
 * An answer's scores, best first, equal ones in the order of the documents: `expected` of them, each of another one of
 * `documents` documents. Of a server that gives those of all documents, whatever it is asked for, the best.
 *
 * @param rows `{ index, relevance_score }` as most servers send them, in any order; or `relevanceScore`, or `score`
 * @throws ResultError otherwise: which are the best, or which score belongs to which document, cannot be told
 */
export function scoresIn(rows: unknown, documents: number, expected: number = documents): RerankScore[] {
  if (!Array.isArray(rows) || (rows.length !== expected && rows.length !== documents)) {
    throw wrongScores(`${expected} scores`, Array.isArray(rows) ? `${rows.length}` : kindOf(rows), NOT_BEST);
  }
  const seen = new Set<number>();
  const scores = rows.map((row: unknown): RerankScore => {
    const { index: given, relevance_score: wire, relevanceScore: camel, score: plain } = fieldsOf(row) ?? {};
    const index = numberIn(given);
    const score = numberIn(wire ?? camel ?? plain);
    if (index === undefined || !Number.isInteger(index) || index < 0 || index >= documents) {
      throw wrongScores(`an index from 0 to ${documents - 1} with each score`, "another one", NOT_WHOSE);
    }
    if (seen.has(index)) throw wrongScores("one score for a document", `two for document ${index}`, NOT_WHOSE);
    if (score === undefined || !Number.isFinite(score)) {
      throw wrongScores("a finite number as a score", `something else for document ${index}`, NOT_BEST);
    }
    seen.add(index);
    return { index, score };
  });
  return scores.toSorted((left, right) => right.score - left.score || left.index - right.index).slice(0, expected);
}

const NOT_WHOSE = "Which belongs to which document can't be told";
const NOT_BEST = "Which documents are the best can't be told";

function wrongScores(expected: string, got: string, why: string): ResultError {
  return new ResultError(`Expected ${expected} in the answer, got ${got}. ${why}, so none is used.`);
}
