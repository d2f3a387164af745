import MiniSearch from "minisearch";
import { embeddedText, type Passage, wholeText } from "./chunk.ts";
import type { Document } from "./collect.ts";

/** Document that may hold the answer. */
export interface Hit {
  /** Passage of the document that fits the question best. */
  readonly passage: Passage;
  /** File of the document. */
  readonly path: string;
  /** From 0 to 1; comparable within one search. */
  readonly score: number;
}

/** Passage with its vector, of length 1. */
type Embedded = readonly [passage: Passage, vector: Float32Array];
/** Name or number of an item, with its score. */
type Score = [item: string, score: number];

/** Share of the meaning in a document's score, by a good model; the rest are its words. */
const MEANING = 0.8;
/** Share for a small model, which finds less than the words do. */
const LITTLE_MEANING: Readonly<Record<string, number>> = { "universal-sentence-encoder-lite": 0.4 };
/** Vector of a question that has none: nothing is similar to it. */
const NONE: Float32Array = new Float32Array();
/** Share of a document's best passage in its meaning; the rest is the second best: a hit by chance is alone. */
const BEST = 0.7;

/** Ranks documents for a question: by their words (BM25), by the meaning of their passages, or by both. */
export class DocumentSearch {
  readonly #passages: ReadonlyMap<string, readonly Embedded[]>;
  readonly #paths: ReadonlyMap<string, string>;
  readonly #byWords: (question: string) => Score[];
  readonly #meaning: number;

  /** Takes vectors by `embeddedText`, and leaves out passages without one. `model` is the name of their model. */
  constructor(
    documents: readonly Pick<Document, "name" | "path" | "text">[],
    passages: readonly Passage[],
    vectors: ReadonlyMap<string, Float32Array>,
    model: string = "",
  ) {
    const embedded = passages.flatMap((passage): Embedded[] => {
      const vector = vectors.get(embeddedText(passage));
      return vector === undefined ? [] : [[passage, unitLength(vector)]];
    });
    this.#passages = Map.groupBy(embedded, ([{ document }]) => document);
    this.#paths = new Map(documents.map(({ name, path }) => [name, path]));
    const searched = documents.filter(({ name }) => this.#passages.has(name));
    this.#byWords = wordIndex(searched.map(({ name, text }) => ({ id: name, place: name, text })));
    this.#meaning = LITTLE_MEANING[model] ?? MEANING;
  }

  /** Finds the `count` best documents, best first: by their words alone for a question without a vector. */
  search(question: string, vector: Float32Array | undefined, count: number): Hit[] {
    const best = this.rank(question, vector).slice(0, count);
    return best.map(([name, score]) => {
      return { passage: this.#bestPassage(name, question, vector), path: this.#paths.get(name) ?? name, score };
    });
  }

  /** Names of all documents that may hold the answer, best first. `meaning` is its share in the scores, from 0 to 1. */
  rank(question: string, vector: Float32Array = NONE, meaning: number = vector === NONE ? 0 : this.#meaning): Score[] {
    const asked = unitLength(vector);
    const documents = meaning === 0 ? [] : [...this.#passages];
    const byMeaning = documents.map(([name, passages]): Score => [name, similarity(passages, asked)]);
    return combined(byMeaning, this.#byWords(question), meaning);
  }

  #bestPassage(document: string, question: string, vector: Float32Array = NONE): Passage {
    const passages = this.#passages.get(document) ?? [];
    const asked = unitLength(vector);
    const byMeaning = passages.map(([, each], id): Score => [String(id), dot(asked, each)]);
    const texts = passages.map(([passage], id) => {
      return { id: String(id), place: passage.headings.join(" "), text: wholeText(passage) };
    });
    const [[best] = ["0"]] = combined(byMeaning, wordIndex(texts)(question), this.#meaning);
    return passages[Number(best)]![0];
  }
}

/** Scales scores to the range from 0 to 1. `lowest` becomes 0. @default the lowest score */
export function scaled(scores: readonly Score[], lowest?: number): Score[] {
  const values = scores.map(([, score]) => score).toSorted((one, other) => one - other);
  const low = lowest ?? values[0] ?? 0;
  const range = (values.at(-1) ?? 0) - low;
  return scores.map(([item, score]) => [item, range > 0 ? (score - low) / range : 0]);
}

/** Adds up scaled scores of meaning and of words, best first. `meaning` is the share of the meaning. */
export function combined(byMeaning: readonly Score[], byWords: readonly Score[], meaning: number): Score[] {
  const total = new Map(scaled(byMeaning).map(([item, score]) => [item, meaning * score]));
  for (const [item, score] of scaled(byWords, 0)) total.set(item, (total.get(item) ?? 0) + (1 - meaning) * score);
  return [...total].toSorted(([, one], [, other]) => other - one);
}

/** Similarity of a document's passages to a question: the best one's, and a little of the second best. */
function similarity(passages: readonly Embedded[], question: Float32Array): number {
  const [best = 0, second = best] = passages.map(([, vector]) => dot(question, vector)).toSorted((a, b) => b - a);
  return BEST * best + (1 - BEST) * second;
}

/** BM25 index of texts and the names of their places: scores the items that have words of a question. */
function wordIndex(items: readonly { id: string; place: string; text: string }[]): (question: string) => Score[] {
  const index = new MiniSearch({
    fields: ["place", "text"],
    searchOptions: { boost: { place: 2 } },
    processTerm: (term) => (STOP_WORDS.has(term.toLowerCase()) ? null : term.toLowerCase()),
  });
  index.addAll(items);
  // Of a page that is pasted as a question, the first words: memory would not suffice for all.
  return (question) => index.search(question.split(/\s+/, 200).join(" ")).map(({ id, score }) => [String(id), score]);
}

/** Words of a question that have nothing to do with its subject. */
const STOP_WORDS: ReadonlySet<string> = new Set(
  (
    "a about an and any are as at be been but by can could did do does for from get had has have how i if in into is " +
    "it its me my of on or our should so some than that the their them then there these they this those to use " +
    "using was way we were what when where which who why will with would you your"
  ).split(" "),
);

/** Scales a vector to length 1, so that a dot product is the cosine of two texts. */
function unitLength(vector: Float32Array): Float32Array {
  const length = Math.sqrt(dot(vector, vector));
  return length === 0 || Math.abs(length - 1) < 1e-4 ? vector : vector.map((number) => number / length);
}

function dot(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < one.length; index += 1) sum += one[index]! * other[index]!;
  return sum;
}
