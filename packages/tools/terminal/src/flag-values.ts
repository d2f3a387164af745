import { InvalidArgumentError } from "commander";

/** Reads a flag's value as a whole number from `least`. @throws InvalidArgumentError for anything else */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (text.trim() !== "" && Number.isSafeInteger(number) && number >= least) return number;
    throw new InvalidArgumentError(`Give a whole number from ${least}.`);
  };
}

/** Reads a flag's value as a finite number from 0. @throws InvalidArgumentError for anything else */
export function amount(text: string): number {
  const number = Number(text);
  if (text.trim() !== "" && Number.isFinite(number) && number >= 0) return number;
  throw new InvalidArgumentError("Give a number from 0, such as 0.50.");
}
