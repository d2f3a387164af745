import wrapAnsi from "wrap-ansi";
import { type Block, readMarkdown, readPlainText } from "./markdown.ts";

/** Piece of a document on one subject: small enough to be embedded, and to be read at a glance. */
export interface Passage {
  /** Name of the document. */
  readonly document: string;
  /** First line, from 1. */
  readonly line: number;
  /** Headings above it, outermost first. */
  readonly headings: readonly string[];
  /** Prose without Markdown's marks; empty for code alone below a heading. */
  readonly text: string;
  /** Code or table that follows the prose; empty for none. */
  readonly code: string;
}

/** Characters up to which sentences are joined. A longer one is split into pieces. */
const MOST_TEXT = 450;
/** Characters of a code block or table that are kept with its passage. */
const MOST_CODE = 1_000;
const MARKDOWN = /\.(md|mdx|markdown)$|(^|\/)[^./]+$/i;

/** Splits a document into passages, in order. Markdown that has none is read as plain text. */
export function chunkDocument({ name, text }: { readonly name: string; readonly text: string }): Passage[] {
  try {
    const passages = MARKDOWN.test(name) ? passagesOf(name, readMarkdown(text)) : [];
    if (passages.length > 0) return passages;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // it is nested deeper than the parser's stack
  }
  return passagesOf(name, readPlainText(text));
}

/** A passage never crosses a heading; code stays with the prose before it. */
function passagesOf(name: string, blocks: readonly Block[]): Passage[] {
  const passages: Passage[] = [];
  const headings: Block[] = [];
  let open: { line: number; text: string; code: string } | undefined;

  const close = (): void => {
    if (open !== undefined && (isMeaningful(open.text) || (open.code !== "" && headings.length > 0))) {
      passages.push({ document: name, headings: headings.map(({ text }) => text), ...open });
    }
    open = undefined;
  };

  for (const block of blocks) {
    if (block.kind === "heading") {
      close();
      while ((headings.at(-1)?.depth ?? 0) >= block.depth) headings.pop();
      headings.push(block);
    } else if (block.kind === "code") {
      open ??= { line: block.line, text: "", code: "" };
      open.code = clip(open.code === "" ? block.text : `${open.code}\n\n${block.text}`);
    } else {
      for (const text of splitBlock(block)) {
        if (open !== undefined && (open.code !== "" || open.text.length + text.length + 1 > MOST_TEXT)) close();
        const separator = block.kind === "list" ? "\n" : " ";
        open ??= { line: block.line, text: "", code: "" };
        open.text += open.text === "" ? text : separator + text;
      }
    }
  }
  close();
  return passages;
}

/** Sentences of a paragraph or items of a list, none longer than a passage. */
function splitBlock(block: Block): string[] {
  const pieces = block.kind === "list" ? block.text.split("\n") : sentencesOf(block.text);
  const whole = pieces.map((piece) => piece.trimEnd()).filter((piece) => piece.trim() !== "");
  return whole.flatMap((piece) =>
    piece.length <= MOST_TEXT ? [piece] : wrapAnsi(piece, MOST_TEXT, { hard: true }).split("\n"),
  );
}

const segmenter: Intl.Segmenter = new Intl.Segmenter("en", { granularity: "sentence" });
const sentencesOf = (text: string): string[] => Array.from(segmenter.segment(text), ({ segment }) => segment);

function clip(code: string): string {
  return code.length <= MOST_CODE ? code : code.slice(0, Math.max(code.lastIndexOf("\n", MOST_CODE), MOST_CODE / 2));
}

/** Tells whether a text has at least 20 letters and digits. */
export function isMeaningful(text: string): boolean {
  return /(?:[\p{L}\p{N}][^\p{L}\p{N}]*){20}/u.test(text);
}

/** Text of a passage for words and rerankers, which read code too. */
export function wholeText(passage: Passage): string {
  return `${embeddedText(passage)}\n${passage.code}`.trimEnd();
}

/** Text to embed of a passage: its document, its headings and its prose. An encoder of sentences cannot read code. */
export function embeddedText({ document, headings, text }: Passage): string {
  const place = [document.replace(/\.\w+$/, ""), headings.join(" > ")].filter((part) => part !== "").join(": ");
  return text === "" ? place : `${place}\n${text}`;
}
