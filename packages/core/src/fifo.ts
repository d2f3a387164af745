/** Items that are waited for per slice: enough that moving the rest costs little, few enough that little is kept. */
const SLICE = 1024;

/** First in, first out, in constant time; lets go of what has been taken. */
export class Fifo<Item> {
  #items: Item[] = [];
  #first = 0;

  get size(): number {
    return this.#items.length - this.#first;
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  /** The first item; undefined where there is none. */
  shift(): Item | undefined {
    if (this.#first === this.#items.length) return undefined;
    const item = this.#items[this.#first] as Item;
    this.#items[this.#first++] = undefined as never;
    if (this.#first === this.#items.length || this.#first >= SLICE) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
    return item;
  }
}
