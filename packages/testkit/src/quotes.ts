/**
 * Finds the place in errors at which inputs are quoted, such as `cause.message`: there, errors of different inputs each
 * hold a text or number that only their own input has. Words that all of them have prove nothing ("one" in "one answer").
 *
 * @param inputs all different
 * @param errors the error that each of the inputs failed with, where it failed with one
 */
export function placeOfQuote(inputs: readonly unknown[], errors: readonly (Error | undefined)[]): string | undefined {
  const probes = ownProbes(inputs);
  const texts = errors.map((error) => textsIn(error));
  const places = new Set(texts.flatMap((each) => [...each.keys()]));
  const enough = Math.min(MOST_BY_CHANCE + 1, probes.filter((own) => own.length > 0).length);
  return [...places].find((place) => {
    const quoted = probes.filter((own, index) =>
      own.some((probe) => {
        const [here = 0, ...elsewhere] = [texts[index], ...texts.toSpliced(index, 1)].map((each) =>
          occurrences(each?.get(place) ?? "", probe),
        );
        return elsewhere.every((count) => count < here);
      }),
    );
    return quoted.length >= enough;
  });
}

/** Inputs that chance may seem to quote, where a request's random id holds a short one of them. */
const MOST_BY_CHANCE = 2;

/** Texts by which each input is known in an error: those of its texts and numbers that no other input has. */
export function ownProbes(inputs: readonly unknown[]): string[][] {
  const probes = inputs.map((input) => new Set(leavesOf(input).flatMap(spellings)));
  return probes.map((own, index) =>
    [...own].filter((probe) => !probes.toSpliced(index, 1).some((set) => set.has(probe))),
  );
}

/** A longer text is often quoted in part: its beginning. */
const HEAD = 16;

/** Spellings of a text in a message: as it is, in JSON, in a URL. */
function spellings(leaf: string): string[] {
  const parts = leaf.length > HEAD ? [leaf, leaf.slice(0, HEAD)] : [leaf];
  return parts
    .flatMap((part) => [part, JSON.stringify(part).slice(1, -1), encodeURIComponent(part.toWellFormed())])
    .filter((part) => part.trim() !== "");
}

/** Below this length a text counts as quoted only where it stands as a word of its own. */
const WORD = 8;

function occurrences(text: string, probe: string): number {
  let count = 0;
  for (let at = text.indexOf(probe); at !== -1; at = text.indexOf(probe, at + 1)) {
    const isWhole = !isLetter(text[at - 1]) && !isLetter(text[at + probe.length]);
    if (isWhole || probe.length >= WORD) count++;
  }
  return count;
}

function isLetter(character: string | undefined): boolean {
  return character !== undefined && /[\p{L}\p{N}]/u.test(character);
}

/** Depth to which values are looked into: an SDK's error holds its request, which holds the inputs. */
const DEEPEST = 8;

function leavesOf(value: unknown, depth = 0): string[] {
  if (isLeaf(value)) return [String(value)];
  return depth < DEEPEST ? partsOf(value).flatMap(([, part]) => leavesOf(part, depth + 1)) : [];
}

/** Texts of an error that a logger may write, by their place: its message, stack and fields, those of its causes too. */
function textsIn(error: unknown): Map<string, string> {
  const texts = new Map<string, string>();
  const seen = new Set<unknown>();
  const visit = (value: unknown, place: string, depth: number): void => {
    if (isLeaf(value)) texts.set(place, String(value));
    if (depth === DEEPEST || seen.has(value)) return;
    seen.add(value);
    const parts = partsOf(value);
    texts.set(`keys of ${place}`, parts.map(([name]) => name).join("\n"));
    for (const [name, part] of parts) visit(part, place === "" ? name : `${place}.${name}`, depth + 1);
  };
  visit(error, "", 0);
  return texts;
}

function isLeaf(value: unknown): value is string | number | bigint {
  return typeof value === "string" || typeof value === "number" || typeof value === "bigint";
}

/** Fields of an error whether they can be enumerated or not. */
const ERROR_FIELDS = ["message", "stack", "cause", "errors"] as const;

function partsOf(value: unknown): (readonly [name: string, part: unknown])[] {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return [];
  const own = Object.entries(value);
  const known = value instanceof Error ? ERROR_FIELDS.map((name) => [name, (value as any)[name]] as const) : [];
  const isCollection = Symbol.iterator in value && !Array.isArray(value);
  const items = isCollection
    ? [...(value as Iterable<unknown>)].map((item, index) => [String(index), item] as const)
    : [];
  return [...known, ...own, ...items];
}
