import type { Kept } from "./inputs/kept.ts";

/**
 * Kept fields of many inputs, in their order. An input takes a reference for each value and two more: an object for each
 * would take three times as much.
 */
export class KeptList {
  /** Names of the fields of each input: one list for all that have the same. */
  readonly #names: (readonly string[])[] = [];
  readonly #lists = new Map<string, readonly string[]>();
  /** Values of all inputs, one input's after another's, and where each begins. */
  readonly #values: unknown[] = [];
  readonly #starts: number[] = [];

  add(kept: Kept): void {
    const names = Object.keys(kept);
    const key = JSON.stringify(names);
    const list = this.#lists.get(key) ?? names;
    if (list === names) this.#lists.set(key, names);
    this.#names.push(list);
    this.#starts.push(this.#values.length);
    for (const name of names) this.#values.push(kept[name]);
  }

  /** Fields of the input that was added at this place. */
  at(place: number): Kept {
    const start = this.#starts[place] ?? 0;
    const names = this.#names[place] ?? [];
    return Object.fromEntries(names.map((name, at) => [name, this.#values[start + at]]));
  }
}
