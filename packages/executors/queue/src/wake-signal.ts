/** Signal that wakes one waiter, as time does. A wake without a waiter is kept for the next one. */
export class WakeSignal {
  #isSet = false;
  #resume: (() => void) | undefined;

  readonly wake = (): void => {
    this.#isSet = true;
    this.#resume?.();
  };

  async wait(ms: number): Promise<void> {
    if (!this.#isSet) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.#resume = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#resume = undefined;
    this.#isSet = false;
  }
}
