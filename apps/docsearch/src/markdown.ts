import { decodeHTMLStrict } from "entities";
import { lexer, type MarkedToken, type Token, type Tokens } from "marked";

/** Piece of a document in plain text, with its first line. */
export interface Block {
  /** Prose is one line, a list one line an item; code and tables are as they are. */
  readonly kind: "heading" | "prose" | "list" | "code";
  readonly text: string;
  readonly line: number;
  /** Level of a heading, from 1; 0 for others. */
  readonly depth: number;
}

/** Reads Markdown into blocks of plain text. Only the title of front matter counts. */
export function readMarkdown(source: string): Block[] {
  const [matter = "", fields = ""] = /^---[ \t]*\n([\s\S]*?)\n---[ \t]*(?:\n|$)/.exec(source) ?? [];
  const [, title = ""] = /^title:[ \t]*(.*)$/m.exec(fields) ?? [];
  const blocks = [blockOf("heading", title.trim().replace(/^(["'])(.*)\1$/, "$2"), 1, 1)];
  let line = countLines(matter) + 1;
  for (const token of lexer(source.slice(matter.length))) {
    blocks.push(...readToken(token, line));
    line += countLines(token.raw);
  }
  return blocks.filter(({ text }) => text !== "");
}

/** Title of a paragraph of plain text: one that is underlined, or in capitals above indented lines. */
const TITLE = /^(\S.{0,79})\n[=~^*#-]{3,}(?=\n|$)|^[A-Z][A-Z \d,/&-]+(?=\n[ \t]+\S)/;

/** Reads plain text: titles, and paragraphs between empty lines. */
export function readPlainText(source: string): Block[] {
  let line = 1;
  const blocks = source.split(/(\n\s*\n)/).flatMap((part) => {
    const [head = "", title = head] = TITLE.exec(part) ?? [];
    const text = part.slice(head.length).trim().replaceAll(/\s+/g, " ");
    const both = [blockOf("heading", title.trim(), line, 1), blockOf("prose", text, line)];
    line += countLines(part);
    return both;
  });
  return blocks.filter(({ text }) => text !== "");
}

function blockOf(kind: Block["kind"], text: string, line: number, depth: number = 0): Block {
  return { kind, text, line, depth };
}

function readToken(each: Token, line: number): Block[] {
  // No extension is in use: all tokens are the parser's own.
  const token = each as MarkedToken;
  switch (token.type) {
    case "heading":
      return [blockOf("heading", inline(token.tokens), line, token.depth)];
    case "paragraph":
    case "text":
      return [blockOf("prose", readParagraph(token), line)];
    case "code":
      return [blockOf("code", token.text.trimEnd(), line)];
    case "list":
      return [blockOf("list", readList(token), line)];
    case "table": {
      const rows = [token.header, ...token.rows].map((row) => row.map((cell) => inline(cell.tokens)).join(" | "));
      return [blockOf("code", rows.join("\n"), line)];
    }
    case "blockquote":
      return token.tokens.flatMap((inner) => readToken(inner, line));
    case "html":
      return readHtml(token.raw, line);
    default:
      return [];
  }
}

/** Reads HTML, between whose tags is Markdown in MDX and in many readmes. */
function readHtml(html: string, line: number): Block[] {
  const text = withoutTags(html).replaceAll(/^[ \t]+/gm, "");
  if (text.length >= html.length) return [blockOf("prose", plain(text), line)];
  return lexer(text).flatMap((token) => readToken(token, line));
}

function readParagraph({ raw, tokens }: Tokens.Paragraph | Tokens.Text): string {
  // Module statements of MDX are paragraphs to Markdown, but not prose.
  if (/^(import\s.+\sfrom\s|import\s["']|export\s(const|default|function)\s)/.test(raw)) return "";
  return inline(tokens).replace(/^\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\]\s*/, "");
}

function readList(list: Tokens.List, indent: string = ""): string {
  const items = list.items.filter((item) => !isContentsEntry(item)).map((item) => `- ${readItem(item, indent)}`);
  const kept = items.filter((text) => text.trim() !== "-");
  return kept.map((text) => indent + text).join("\n");
}

function readItem(item: Tokens.ListItem, indent: string): string {
  const parts = item.tokens.flatMap((token) =>
    token.type === "list"
      ? [readList(token as Tokens.List, `${indent}  `)]
      : readToken(token, 0).map(({ text }) => text),
  );
  return parts.filter((text) => text !== "").join("\n");
}

/** Tells whether a list item is a line of a table of contents: only a link within the page. */
function isContentsEntry({ tokens: [first] }: Tokens.ListItem): boolean {
  const [link, ...others] = first !== undefined && "tokens" in first ? (first.tokens ?? []) : [];
  return link?.type === "link" && others.length === 0 && String(link["href"]).startsWith("#");
}

function inline(tokens: readonly Token[] | undefined): string {
  return plain((tokens ?? []).map(inlineText).join(""));
}

function inlineText(token: Token): string {
  if (token.type === "image") return "";
  if (token.type === "html") return withoutTags(token.raw);
  if (token.type === "br") return " ";
  if ("tokens" in token && token.tokens !== undefined) return token.tokens.map(inlineText).join("");
  return "text" in token ? String(token.text) : "";
}

function withoutTags(html: string): string {
  return html
    .replaceAll(/<!--[\s\S]*?(-->|$)/g, " ")
    .replaceAll(/<(script|style|svg)\b[\s\S]*?<\/\1\s*>/gi, " ")
    .replaceAll(/<[^>]*>/g, " ");
}

/** Decodes what HTML escapes, and leaves no control character. */
function plain(text: string): string {
  return decodeHTMLStrict(text)
    .replaceAll(/[\s\p{Cc}]+/gu, " ")
    .trim();
}

function countLines(text: string): number {
  return text.split("\n").length - 1;
}
