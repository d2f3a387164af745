/**
 * Number of the fewest digits, from six to nine, that gives the same 32-bit float again: the digits of `toPrecision`, in
 * an eighth of its time where the float has the size of a vector's numbers.
 */
export function shortestFloat(float: number): number {
  const size = Math.abs(float);
  if (!(size >= SMALLEST && size < LARGEST)) return byPrecision(float);
  let places = LEAST_DIGITS;
  if (size >= 1) while (size >= power(LEAST_DIGITS + 1 - places)) places--;
  else while (size * power(places - LEAST_DIGITS + 1) < 1) places++;
  for (let digits = LEAST_DIGITS; digits <= MOST_DIGITS; digits++, places++) {
    const scaled = size * power(places);
    const whole = Math.floor(scaled + 0.5);
    // Between two numbers: the product, which is rounded, does not tell which one is nearer.
    if (Math.abs(scaled - whole) > 0.4999) break;
    // Both are exact, so that the quotient is the number with these digits.
    const number = whole / power(places);
    if (Math.fround(number) === size) return float < 0 ? -number : number;
  }
  return byPrecision(float);
}

/** Six digits distinguish some floats, and nine all of them. */
const LEAST_DIGITS = 6;
const MOST_DIGITS = 9;

/** Sizes between which the powers of ten that are needed are exact. */
const SMALLEST = 1e-13;
const LARGEST = 1e6;
const POWERS = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

function power(exponent: number): number {
  return POWERS[exponent] as number;
}

function byPrecision(float: number): number {
  for (let digits = LEAST_DIGITS; digits < MOST_DIGITS; digits++) {
    const rounded = Number(float.toPrecision(digits));
    if (Math.fround(rounded) === float) return rounded;
  }
  return Number(float.toPrecision(MOST_DIGITS));
}
