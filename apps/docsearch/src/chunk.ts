import type { Document } from "./collect.ts";
import { type Block, readMarkdown, readPlainText } from "./markdown.ts";
import { type Passage, isMeaningful } from "./passage.ts";

/** Length of passages. */
export interface ChunkOptions {
  /** Characters up to which sentences are joined. A longer one is split into pieces. @default 450 */
  readonly maxCharacters?: number;
}

/** Characters of a code block or table that are kept with its passage. */
const MOST_CODE = 1_000;
const MARKDOWN = /\.(md|mdx|markdown)$|(^|\/)[^./]+$/i;

/** Splits a document into passages, in order. A passage never crosses a heading; code stays with the prose before it. */
export function chunkDocument(document: Pick<Document, "name" | "text">, options: ChunkOptions = {}): Passage[] {
  const max = options.maxCharacters ?? 450;
  const blocks = MARKDOWN.test(document.name) ? readMarkdown(document.text) : readPlainText(document.text);
  const passages: Passage[] = [];
  const headings: { text: string; depth: number }[] = [];
  let open: { line: number; text: string; code: string } | undefined;

  const close = (): void => {
    if (open !== undefined && (isMeaningful(open.text) || (open.code !== "" && headings.length > 0))) {
      passages.push({
        document: document.name,
        headings: headings.map(({ text }) => text),
        ...open,
      });
    }
    open = undefined;
  };

  for (const block of blocks) {
    if (block.kind === "heading") {
      close();
      while ((headings.at(-1)?.depth ?? 0) >= block.depth) headings.pop();
      headings.push({ text: block.text, depth: block.depth });
    } else if (block.kind === "code") {
      open ??= { line: block.line, text: "", code: "" };
      open.code = clip(open.code === "" ? block.text : `${open.code}\n\n${block.text}`);
    } else {
      for (const { text, line } of splitBlock(block, max)) {
        if (open !== undefined && (open.code !== "" || open.text.length + text.length + 1 > max)) close();
        const separator = block.kind === "list" ? "\n" : " ";
        open = {
          line: open?.line ?? line,
          text: open === undefined ? text : open.text + separator + text,
          code: "",
        };
      }
    }
  }
  close();
  return passages;
}

/** Sentences of a paragraph or items of a list, none longer than `max`. */
function splitBlock(block: Block, max: number): { text: string; line: number }[] {
  const pieces =
    block.kind === "list"
      ? block.text.split("\n")
      : Array.from(segmenter.segment(block.text), ({ segment }) => segment);
  return pieces
    .flatMap((piece) => splitHard(piece.trimEnd(), max))
    .filter((text) => text.trim() !== "")
    .map((text) => ({ text, line: block.line }));
}

const segmenter: Intl.Segmenter = new Intl.Segmenter("en", { granularity: "sentence" });

/** Splits a text that is too long at its last space. */
function splitHard(text: string, max: number): string[] {
  const parts: string[] = [];
  let rest = text;
  while (rest.length > max) {
    const space = rest.lastIndexOf(" ", max);
    const end = space > max / 2 ? space : safeEnd(rest, max);
    parts.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  parts.push(rest);
  return parts;
}

/** End that does not split a surrogate pair. */
function safeEnd(text: string, end: number): number {
  const last = text.charCodeAt(end - 1);
  return last >= 0xd8_00 && last <= 0xdb_ff ? end - 1 : end;
}

function clip(code: string): string {
  return code.length <= MOST_CODE ? code : code.slice(0, Math.max(code.lastIndexOf("\n", MOST_CODE), MOST_CODE / 2));
}
