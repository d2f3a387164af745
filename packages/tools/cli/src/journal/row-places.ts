/** Place of a row on disk. */
export interface Place {
  /** Number of its part, from 1. */
  readonly part: number;
  readonly at: number;
  readonly bytes: number;
}

/** Rows of a page. */
const PAGE = 4096;
/** Numbers of a row: those of its place. */
const FIELDS = 3;

interface Page {
  readonly places: Uint32Array;
  count: number;
}

/** Places of rows by their index, in 12 bytes each. Rows that are near each other share a page, which goes with the last. */
export class RowPlaces {
  readonly #pages = new Map<number, Page>();
  #size = 0;
  #end = 0;

  /** Count of rows. */
  get size(): number {
    return this.#size;
  }

  /** Index after the last row that there has been. */
  get end(): number {
    return this.#end;
  }

  get(index: number): Place | undefined {
    const places = this.#pages.get(Math.floor(index / PAGE))?.places;
    const from = (index % PAGE) * FIELDS;
    const part = places?.[from] ?? 0;
    return part === 0 ? undefined : { part, at: places?.[from + 1] as number, bytes: places?.[from + 2] as number };
  }

  /** Sets the place of a row that has none. */
  set(index: number, { part, at, bytes }: Place): void {
    const number = Math.floor(index / PAGE);
    let page = this.#pages.get(number);
    if (page === undefined) {
      page = { places: new Uint32Array(PAGE * FIELDS), count: 0 };
      this.#pages.set(number, page);
    }
    page.places.set([part, at, bytes], (index % PAGE) * FIELDS);
    page.count++;
    this.#size++;
    this.#end = Math.max(this.#end, index + 1);
  }

  /** Removes the place of a row that has one. */
  delete(index: number): void {
    const number = Math.floor(index / PAGE);
    const page = this.#pages.get(number);
    if (page === undefined) return;
    page.places[(index % PAGE) * FIELDS] = 0;
    this.#size--;
    if (--page.count === 0) this.#pages.delete(number);
  }

  /** Indexes before one. The row of the last one given may be removed meanwhile. */
  *before(end: number): Generator<number, void> {
    for (const number of this.#pages.keys()) {
      for (let index = number * PAGE; index < Math.min(end, (number + 1) * PAGE); index++) {
        if (this.get(index) !== undefined) yield index;
      }
    }
  }

  clear(): void {
    this.#pages.clear();
    this.#size = 0;
    this.#end = 0;
  }
}
