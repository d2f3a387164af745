import MiniSearch from "minisearch";
import type { Document } from "./collect.ts";
import { type Passage, embeddedText } from "./passage.ts";

/** Ranking of documents. */
export type Ranking = "keywords" | "embeddings" | "both";

/** Document that may hold the answer. */
export interface Hit {
  /** Passage of the document that fits the question best. */
  readonly passage: Passage;
  /** File of the document. */
  readonly path: string;
  /** From 0 to 1; comparable within one search. */
  readonly score: number;
}

/** Documents to search. */
export interface Corpus {
  readonly documents: readonly Pick<Document, "name" | "path" | "text">[];
  /** Passages of these documents. */
  readonly passages: readonly Passage[];
  /** Vectors of length 1 that belong to `passages` one by one. */
  readonly vectors: readonly Float32Array[];
  /** Share of the meaning in a score, from 0 to 1; the rest are the words. @default 0.8 */
  readonly meaning?: number | undefined;
}

/** Share of the meaning in a document's score, by a good model; the rest are its words. */
const MEANING = 0.8;

/** Share of a document's best passage in its meaning; the rest is the second best: a hit by chance is alone. */
const BEST = 0.7;

/** Ranks documents for a question: by their words (BM25), by the meaning of their passages, or by both. */
export class DocumentSearch {
  readonly #passages = new Map<string, { passage: Passage; vector: Float32Array }[]>();
  readonly #paths: ReadonlyMap<string, string>;
  readonly #words: WordIndex;
  readonly #meaning: number;

  constructor({ documents, passages, vectors, meaning = MEANING }: Corpus) {
    this.#meaning = meaning;
    for (const [index, passage] of passages.entries()) {
      const vector = vectors[index];
      if (vector === undefined) throw new Error(`Expected ${passages.length} vectors, got ${vectors.length}.`);
      const known = this.#passages.get(passage.document) ?? [];
      this.#passages.set(passage.document, known);
      known.push({ passage, vector });
    }
    this.#paths = new Map(documents.map(({ name, path }) => [name, path]));
    this.#words = new WordIndex(
      documents
        .filter(({ name }) => this.#passages.has(name))
        .map(({ name, text }) => ({ id: name, place: name, text })),
    );
  }

  /** Finds the `count` best documents, best first. `vector` is the question's, of length 1. */
  search(question: string, vector: Float32Array, count: number, ranking: Ranking = "both"): Hit[] {
    return this.rank(question, vector, ranking)
      .slice(0, count)
      .map(([name, score]) => ({
        passage: this.#bestPassage(name, question, vector),
        path: this.#paths.get(name) ?? name,
        score,
      }));
  }

  /** Names of all documents that may hold the answer, with their scores, best first. */
  rank(question: string, vector: Float32Array, ranking: Ranking): [name: string, score: number][] {
    return ranked(this.#scores(question, vector, ranking));
  }

  #scores(question: string, vector: Float32Array, ranking: Ranking): Scores<string> {
    const byWords = (): Scores<string> => scaled(this.#words.scores(question), 0);
    if (ranking === "keywords") return byWords();
    const byMeaning = scaled(this.#similarities(vector));
    return ranking === "embeddings" ? byMeaning : combined(byMeaning, byWords(), this.#meaning);
  }

  #similarities(question: Float32Array): Scores<string> {
    const similarities = new Map<string, number>();
    for (const [name, passages] of this.#passages) {
      let [best, second] = [-Infinity, -Infinity];
      for (const { vector } of passages) {
        const similarity = dot(vector, question);
        second = Math.max(second, Math.min(best, similarity));
        best = Math.max(best, similarity);
      }
      similarities.set(name, passages.length === 1 ? best : BEST * best + (1 - BEST) * second);
    }
    return similarities;
  }

  #bestPassage(document: string, question: string, vector: Float32Array): Passage {
    const passages = this.#passages.get(document) ?? [];
    const words = new WordIndex(
      passages.map(({ passage }, id) => ({
        id: String(id),
        place: passage.headings.join(" "),
        text: textOf(passage),
      })),
    );
    const similarities = new Map(passages.map((each, id) => [String(id), dot(each.vector, vector)]));
    const [best] = ranked(combined(scaled(similarities), scaled(words.scores(question), 0), this.#meaning));
    const found = passages[Number(best?.[0])];
    if (found === undefined) throw new Error(`Expected ${document} to have passages, got none.`);
    return found.passage;
  }
}

/** Scores of several items; a missing one has the score 0. */
export type Scores<Item> = ReadonlyMap<Item, number>;

/** Scales scores to the range from 0 to 1. `lowest` becomes 0. @default the lowest score */
export function scaled<Item>(scores: Scores<Item>, lowest?: number): Scores<Item> {
  const values = [...scores.values()];
  const low = lowest ?? Math.min(...values);
  const range = Math.max(...values) - low;
  return new Map([...scores].map(([item, score]) => [item, range > 0 ? (score - low) / range : 0]));
}

/** Scores of meaning and of words, each from 0 to 1, as one. */
export function combined<Item>(byMeaning: Scores<Item>, byWords: Scores<Item>, meaning: number): Scores<Item> {
  const total = new Map([...byMeaning].map(([item, score]) => [item, meaning * score]));
  for (const [item, score] of byWords) total.set(item, (total.get(item) ?? 0) + (1 - meaning) * score);
  return total;
}

function ranked<Item>(scores: Scores<Item>): [Item, number][] {
  return [...scores].toSorted(([, one], [, other]) => other - one);
}

interface Indexed {
  readonly id: string;
  readonly place: string;
  readonly text: string;
}

/** BM25 index of texts and the names of their places. */
class WordIndex {
  readonly #index: MiniSearch<Indexed>;

  constructor(items: readonly Indexed[]) {
    this.#index = new MiniSearch<Indexed>({
      fields: ["place", "text"],
      searchOptions: { boost: { place: 2 } },
      processTerm: (term) => (STOP_WORDS.has(term.toLowerCase()) ? null : term.toLowerCase()),
    });
    this.#index.addAll(items);
  }

  scores(question: string): Scores<string> {
    return new Map(this.#index.search(question).map(({ id, score }) => [String(id), score]));
  }
}

/** Words of a question that have nothing to do with its subject. */
const STOP_WORDS: ReadonlySet<string> = new Set(
  (
    "a about an and any are as at be been but by can could did do does for from get had has have how i if in into is " +
    "it its me my of on or our should so some than that the their them then there these they this those to use " +
    "using was way we were what when where which who why will with would you your"
  ).split(" "),
);

function textOf(passage: Passage): string {
  return `${embeddedText(passage)}\n${passage.code}`;
}

function dot(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < one.length; index += 1) sum += one[index]! * other[index]!;
  return sum;
}
