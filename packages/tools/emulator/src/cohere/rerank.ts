import { unitOf } from "../content/hash.ts";
import { arrangeRows } from "../faults/arrange-rows.ts";
import type { Route } from "../server/route.ts";
import { cohere } from "./dialect.ts";
import { invalid, requestId } from "./errors.ts";
import { DOCUMENTS_PER_UNIT, MAX_DOCUMENTS, MAX_TOKENS_PER_DOCUMENT } from "./limits.ts";
import { readBody, readCount, readModel, readTexts, withMeta } from "./request.ts";

/** `POST /v2/rerank` */
export const rerank: Route = {
  dialect: cohere,
  method: "POST",
  path: "/v2/rerank",
  limits: ["requests"],
  poolName: () => "rerank",
  async plan(call) {
    const body = readBody(call);
    readModel(call, body);
    const query = body["query"];
    if (typeof query !== "string" || query === "") throw invalid("query must be a string that is not empty", call.id);
    const documents = readTexts(call, body["documents"], "documents", MAX_DOCUMENTS);
    const topN = readCount(call, body["top_n"], "top_n") ?? documents.length;
    const longest = readCount(call, body["max_tokens_per_doc"], "max_tokens_per_doc") ?? MAX_TOKENS_PER_DOCUMENT;
    const counts = await call.tokens.count(documents, "cl100k_base", call.pace);
    const queryTokens = await call.tokens.countOne(query, "cl100k_base", call.pace);
    const tokens = counts.reduce((sum, count) => sum + Math.min(count, longest), queryTokens);
    return {
      inputs: documents,
      tokens,
      nameInput: (position) => `documents[${position}]`,
      answer() {
        const scores = documents.map((document) => relevance(query, document));
        const best = [...documents.keys()].toSorted(
          (left, right) => (scores[right] as number) - (scores[left] as number),
        );
        const top = best.slice(0, topN);
        const shape = { indexed: true, vectors: false };
        const { rows, faults } = arrangeRows(top.length, shape, call.settings.faults, call.dice);
        return {
          body: JSON.stringify({
            id: requestId(call.id),
            results: rows.map((row) => ({
              index: top[row.index] ?? documents.length,
              relevance_score: scores[top[row.source] as number],
            })),
            ...withMeta(call, { search_units: Math.ceil(documents.length / DOCUMENTS_PER_UNIT) }),
          }),
          headers: { num_tokens: String(tokens) },
          answered: rows.map((row) => top[row.source] as number),
          faults,
        };
      },
    };
  },
};

/**
 * Relevance of a document to a query, 0 to 1: mostly the share of the query's words that it holds. It depends on the two
 * alone, so that the scores of several calls can be compared.
 */
function relevance(query: string, document: string): number {
  const words = new Set(wordsOf(query));
  const held = new Set(wordsOf(document).filter((word) => words.has(word)));
  const overlap = words.size === 0 ? 0 : held.size / words.size;
  return Number((0.9 * overlap + 0.1 * unitOf(`${query}\n${document}`)).toFixed(8));
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}
