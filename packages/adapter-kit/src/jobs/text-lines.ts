/** The lines of a body as they arrive, so that a file of any length takes the memory of its longest line. */
export async function* textLines(response: Response): AsyncGenerator<string, void, undefined> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let begun: string[] = [];
  try {
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
      const [first = "", ...others] = decoder.decode(value, { stream: !done }).split("\n");
      begun.push(first);
      for (const line of others) {
        yield begun.join("");
        begun = [line];
      }
      if (done) break;
    }
    const last = begun.join("");
    if (last !== "") yield last;
  } finally {
    // A loop that is left early lets the connection go.
    await reader?.cancel().catch(() => undefined);
  }
}
