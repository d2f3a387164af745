/** Counts what is happening at once. Several backends can share one, so that their sum is held to one cap. */
export class Gauge {
  #current = 0;
  #peak = 0;

  /** Number of things that are happening now. */
  get current(): number {
    return this.#current;
  }

  /** Largest number that ever happened at once. */
  get peak(): number {
    return this.#peak;
  }

  /** Counts one more, until the function that it returns is called. Calling that twice counts once. */
  enter(): () => void {
    this.#current++;
    this.#peak = Math.max(this.#peak, this.#current);
    let inside = true;
    return () => {
      if (inside) this.#current--;
      inside = false;
    };
  }
}
