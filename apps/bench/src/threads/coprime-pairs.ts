/** Counts the pairs of numbers below `limit` without a common divisor: CPU-bound work of a few milliseconds. */
export default function coprimePairs(limit: number): number {
  let pairs = 0;
  for (let left = 1; left < limit; left++) {
    for (let right = 1; right < left; right++) if (greatestCommonDivisor(left, right) === 1) pairs++;
  }
  return pairs;
}

function greatestCommonDivisor(left: number, right: number): number {
  let [larger, smaller] = [left, right];
  while (smaller !== 0) [larger, smaller] = [smaller, larger % smaller];
  return larger;
}
