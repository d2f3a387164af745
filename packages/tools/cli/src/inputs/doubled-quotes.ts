/**
 * Table with doubled quotes, of one that has another character before quotes and before itself. Before any other, it is plain
 * text, as in `C:\dir`: the parser would drop it.
 *
 * @param escape character before a quote, and `quote`, as the bytes of the file
 */
export async function* doubled(
  chunks: AsyncIterable<Buffer>,
  escape: string,
  quote: string,
): AsyncGenerator<Buffer, void> {
  const pairs = new RegExp(`${literal(escape)}(${literal(escape)}|${literal(quote)})`, "g");
  const atEnd = new RegExp(`(?:${literal(escape)})+$`);
  let rest = "";
  for await (const chunk of chunks) {
    const text = rest + chunk.toString("latin1");
    const run = atEnd.exec(text)?.[0].length ?? 0;
    // Of an odd run, the last one belongs to what comes next.
    rest = (run / escape.length) % 2 === 1 ? escape : "";
    const whole = text.slice(0, text.length - rest.length);
    yield Buffer.from(
      whole.replace(pairs, (_, next: string) => (next === escape ? escape : quote + quote)),
      "latin1",
    );
  }
  yield Buffer.from(rest, "latin1");
}

function literal(text: string): string {
  return Array.from(text, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, "0")}`).join("");
}
