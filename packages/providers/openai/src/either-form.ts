import { codeOf } from "@batchwise/core";

/**
 * A parameter that some servers know in another form only. The usual form is sent until a server refuses it that has never
 * taken it; then the other form is tried in its place, and kept where it is taken.
 */
export class EitherForm {
  readonly #names: RegExp;
  readonly #others: RegExp | undefined;
  #state: "untried" | "taken" | "refused";
  /** True after an answer of no use, or a refusal of nothing by name: the next call, which the engine makes, is in the other form. */
  #isDoubted = false;
  #doubts = 3;
  #guesses = 3;

  /**
   * @param names names of the parameter in a refusal
   * @param always the form that was asked for, which is then the only one. @default the usual one, while it is not refused
   * @param others what else a refusal may be about: after one that names nothing, the other form is tried.
   *   @default a refusal is about the parameter only where it names it
   */
  constructor(names: RegExp, always?: "usual" | "other", others?: RegExp) {
    this.#names = names;
    this.#others = others;
    this.#state = always === undefined ? "untried" : always === "usual" ? "taken" : "refused";
  }

  /**
   * Makes a call in the form that the server takes, and a second one where the first is refused by the parameter's name.
   *
   * @param call makes it, and hands on the words of a refusal
   * @param took whether an answer shows that the form was taken. @default every answer does
   * @throws what the first call threw, where the other form does no better
   */
  async send<Answer>(
    call: (other: boolean, onRefusal: (words: string) => void) => Promise<Answer>,
    took: (answer: Answer) => boolean = () => true,
  ): Promise<Answer> {
    const other = this.#state === "refused" || (this.#state === "untried" && this.#isDoubted);
    let words = "";
    try {
      const answer = await call(other, (said) => (words = said));
      this.#learn(other, took(answer));
      return answer;
    } catch (error) {
      const isNamed = !other && this.#state !== "taken" && this.#names.test(words);
      if (!isNamed) {
        this.#doubtAfter(error, other, words);
        throw error;
      }
      const answer = await call(true, () => undefined).catch(() => undefined);
      if (answer === undefined || !took(answer)) throw error;
      this.#learn(true, true);
      return answer;
    }
  }

  /** Some servers refuse in words that name nothing. */
  #doubtAfter(error: unknown, other: boolean, words: string): void {
    if (this.#state !== "untried" || codeOf(error) !== "invalid_input") return;
    this.#isDoubted = !other && this.#others?.test(words) === false && this.#guesses-- > 0;
  }

  #learn(other: boolean, isTaken: boolean): void {
    // Calls may have crossed: the usual form is never given up once it was taken.
    if (this.#state === "taken") return;
    if (isTaken) this.#state = other ? "refused" : "taken";
    else this.#isDoubted = !other && this.#doubts-- > 0;
  }
}
