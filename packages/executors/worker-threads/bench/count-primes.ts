/** Counts primes below the input by trial division: some CPU time, and an answer that can be checked. */
export default function countPrimes(below: number): number {
  let count = 0;
  for (let candidate = 2; candidate < below; candidate++) {
    let divisor = 2;
    while (divisor * divisor <= candidate && candidate % divisor !== 0) divisor++;
    if (divisor * divisor > candidate) count++;
  }
  return count;
}
