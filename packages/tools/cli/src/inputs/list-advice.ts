/** Advice for an object with records in a list. @param path keys that lead to the list */
export function adviceOnList(path: readonly string[]): string {
  const keys = path.map((key) => (/^[A-Za-z_]\w*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`)).join("");
  const filter = `${keys.startsWith(".") ? "" : "."}${keys}[]`;
  return `Its records are in the list ${path.join(".")}: \`jq -c '${filter}' in.json > in.jsonl\` makes a line of each.`;
}

/** Keys that lead to the first list of objects in the beginning of an object; undefined where there is none. */
export function listIn(head: string): string[] | undefined {
  // Key of each value that is open, or undefined for a list.
  const keys: (string | undefined)[] = [];
  let text = "";
  for (const [token] of head.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}:]/g)) {
    const isInList = keys.length > 0 && keys.at(-1) === undefined;
    if (token === "{" && isInList) return keys.filter((key) => key !== undefined);
    if (token === "{") keys.push("");
    else if (token === "[") keys.push(undefined);
    else if (token === "}" || token === "]") keys.pop();
    else if (token !== ":") text = token.slice(1, -1);
    else if (!isInList) keys[keys.length - 1] = text;
  }
  return undefined;
}
