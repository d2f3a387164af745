/**
 * Table with doubled quotes, of one that has another character before quotes and before itself. Before any other, it is plain
 * text, as in `C:\dir`: the parser would drop it.
 *
 * @param escape character before a quote, and `quote`, as the bytes of the file
 */
export function doubled(chunks: AsyncIterable<Buffer>, escape: string, quote: string): AsyncGenerator<Buffer, void> {
  return rewritten(chunks, escape, (next) =>
    next === escape ? escape : next === quote ? quote + quote : escape + next,
  );
}

/**
 * Table without quotes whose rows and values end at no character that is escaped, as MySQL and Snowflake escape line ends
 * and delimiters. `unescaped` reads its values.
 *
 * @param escape character before others, and `delimiter`, as the bytes of the file
 */
export function unbroken(
  chunks: AsyncIterable<Buffer>,
  escape: string,
  delimiter: string,
): AsyncGenerator<Buffer, void> {
  return rewritten(chunks, escape, (next) => escape + (LETTERS[next] ?? (next === delimiter ? DELIMITER : next)));
}

/** Value without its escapes, as the databases' text formats have them: `\n` is a line end, `\\` a backslash. */
export function unescaped(value: string, escape: string, delimiter: string): string {
  const pairs = new RegExp(`${literal(escape)}([^])`, "g");
  return value.replace(pairs, (_, next: string) => (next === DELIMITER ? delimiter : (MEANT[next] ?? next)));
}

const LETTERS: Readonly<Record<string, string>> = { "\n": "n", "\r": "r", "\t": "t" };
const MEANT: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f", v: "\v", 0: "\0" };
/** Byte that UTF-8 does not have. */
const DELIMITER = "\xfe";

async function* rewritten(
  chunks: AsyncIterable<Buffer>,
  escape: string,
  pair: (next: string) => string,
): AsyncGenerator<Buffer, void> {
  const pairs = new RegExp(`${literal(escape)}(${literal(escape)}|[^])`, "g");
  const atEnd = new RegExp(`(?:${literal(escape)})+$`);
  let rest = "";
  for await (const chunk of chunks) {
    const text = rest + chunk.toString("latin1");
    const run = atEnd.exec(text)?.[0].length ?? 0;
    // Of an odd run, the last one belongs to what comes next.
    rest = (run / escape.length) % 2 === 1 ? escape : "";
    const whole = text.slice(0, text.length - rest.length);
    yield Buffer.from(
      whole.replace(pairs, (_, next: string) => pair(next)),
      "latin1",
    );
  }
  yield Buffer.from(rest, "latin1");
}

function literal(text: string): string {
  return Array.from(text, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, "0")}`).join("");
}
