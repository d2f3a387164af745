import { lexer, type MarkedToken, type Token, type Tokens } from "marked";

/** Piece of a document in plain text. */
export type Block =
  | {
      readonly kind: "heading";
      readonly text: string;
      readonly line: number;
      readonly depth: number;
    }
  /** Paragraph on one line, list with one item a line, or code and tables as they are. */
  | { readonly kind: "prose" | "list" | "code"; readonly text: string; readonly line: number };

/** Reads Markdown into plain text blocks, each with its first line. Only the title of front matter counts. */
export function readMarkdown(source: string): Block[] {
  const { body, title, lines } = splitFrontMatter(source);
  const blocks: Block[] = title === undefined ? [] : [{ kind: "heading", text: title, line: 1, depth: 1 }];
  let line = lines + 1;
  for (const token of lexer(body)) {
    for (const block of readToken(token, line)) if (block.text !== "") blocks.push(block);
    line += countLines(token.raw);
  }
  return blocks;
}

/** Reads plain text: paragraphs between empty lines. */
export function readPlainText(source: string): Block[] {
  const blocks: Block[] = [];
  let line = 1;
  for (const part of source.split(/(\n\s*\n)/)) {
    const text = part.trim();
    if (text !== "") blocks.push({ kind: "prose", text: text.replaceAll(/\s+/g, " "), line });
    line += countLines(part);
  }
  return blocks;
}

function readToken(token: Token, line: number): Block[] {
  if (!isMarkdown(token)) return [];
  switch (token.type) {
    case "heading":
      return [{ kind: "heading", text: inline(token.tokens), line, depth: token.depth }];
    case "paragraph":
    case "text":
      return readParagraph(token, line);
    case "code":
      return [{ kind: "code", text: token.text.trimEnd(), line }];
    case "list":
      return [{ kind: "list", text: readList(token), line }];
    case "table":
      return [{ kind: "code", text: readTable(token), line }];
    case "blockquote":
      return token.tokens.flatMap((each) => readToken(each, line));
    case "html":
      return readHtml(token.raw, line);
    default:
      return [];
  }
}

/** Narrows a token to the parser's own types: no extension is in use. */
function isMarkdown(_token: Token): _token is MarkedToken {
  return true;
}

/** Reads HTML, between whose tags is Markdown in MDX and in many readmes. */
function readHtml(html: string, line: number): Block[] {
  const text = withoutTags(html).replaceAll(/^[ \t]+/gm, "");
  if (text.length >= html.length) return [{ kind: "prose", text: plain(text), line }];
  return lexer(text).flatMap((token) => readToken(token, line));
}

function readParagraph(token: Tokens.Paragraph | Tokens.Text, line: number): Block[] {
  // Module statements of MDX are paragraphs to Markdown, but not prose.
  if (/^(import\s.+\sfrom\s|import\s["']|export\s(const|default|function)\s)/.test(token.raw)) return [];
  const text = inline(token.tokens).replace(/^\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\]\s*/, "");
  return [{ kind: "prose", text, line }];
}

function readList(list: Tokens.List, indent = ""): string {
  return list.items
    .filter((item) => !isContentsEntry(item))
    .map((item) => `${indent}- ${readItem(item, indent)}`)
    .filter((text) => text.trim() !== "-")
    .join("\n");
}

function readItem(item: Tokens.ListItem, indent: string): string {
  const parts = item.tokens.flatMap((token) =>
    isMarkdown(token) && token.type === "list"
      ? [readList(token, `${indent}  `)]
      : readToken(token, 0).map(({ text }) => text),
  );
  return parts.filter((text) => text !== "").join("\n");
}

/** Tells whether a list item is a line of a table of contents: only a link within the page. */
function isContentsEntry({ tokens: [first] }: Tokens.ListItem): boolean {
  if (first === undefined || !isMarkdown(first)) return false;
  if (first.type !== "text" && first.type !== "paragraph") return false;
  const [link, ...others] = first.tokens ?? [];
  if (link === undefined || others.length > 0 || !isMarkdown(link)) return false;
  return link.type === "link" && link.href.startsWith("#");
}

function readTable(table: Tokens.Table): string {
  return [table.header, ...table.rows].map((row) => row.map((cell) => inline(cell.tokens)).join(" | ")).join("\n");
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

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
};

function plain(text: string): string {
  return text
    .replaceAll(/&(#\d+|#x[\da-f]+|[a-z]+);/gi, (whole, name: string) => decodeEntity(name.toLowerCase()) ?? whole)
    .replaceAll(/\s+/g, " ")
    .trim();
}

function decodeEntity(name: string): string | undefined {
  if (!name.startsWith("#")) return ENTITIES[name];
  const code = name.startsWith("#x") ? Number.parseInt(name.slice(2), 16) : Number.parseInt(name.slice(1), 10);
  return code >= 32 && code <= 0x10_ff_ff && (code < 127 || code > 159) ? String.fromCodePoint(code) : undefined;
}

function splitFrontMatter(source: string): {
  body: string;
  title: string | undefined;
  lines: number;
} {
  const matter = /^---[ \t]*\n([\s\S]*?)\n---[ \t]*(?:\n|$)/.exec(source);
  if (matter === null) return { body: source, title: undefined, lines: 0 };
  const title = /^title:[ \t]*(?:"([^"\n]*)"|'([^'\n]*)'|(.*))$/m.exec(matter[1] ?? "");
  const text = (title?.[1] ?? title?.[2] ?? title?.[3] ?? "").trim();
  return {
    body: source.slice(matter[0].length),
    title: text === "" ? undefined : text,
    lines: countLines(matter[0]),
  };
}

function countLines(text: string): number {
  let lines = 0;
  for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", end + 1)) lines += 1;
  return lines;
}
