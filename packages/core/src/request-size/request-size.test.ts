import { expect, it } from "vitest";
import { rateLimiter } from "../rate-limit/local-rate-limiter.ts";
import { RequestSize, requestSizeOf, type Work } from "./request-size.ts";

const FIRST = 10_000;
/** Work with limits on tokens and on requests, and much of it. */
const work: Work = {
  most: 300_000,
  unsent: 5e6,
  perMinute: 20e6,
  requestsPerMinute: 12_000,
  leftMs: 15_000,
  timeoutMs: 600_000,
  inFlight: 64,
};
/** Work whose provider tells no limits. */
const untold: Work = { ...work, perMinute: undefined, requestsPerMinute: undefined };

/** Sizes of the next requests, each of which is sent. */
function send(size: RequestSize, count: number, given: Work = work): number[] {
  return Array.from({ length: count }, () => {
    const weight = size.next(given, FIRST);
    size.sent();
    return weight;
  });
}

/** Size that has had its first answer, of 2,000 in 100 ms. */
function begun(): RequestSize {
  const size = new RequestSize();
  send(size, 1);
  size.answered(2000, 100, 100);
  return size;
}

it("P55 the first request is a small one, and no other is larger before it is answered", () => {
  expect(send(new RequestSize(), 3)).toEqual([FIRST, FIRST, FIRST]);
  expect(send(new RequestSize(), 1, { ...work, most: 500 })).toEqual([500]);
});

it("P55 then come parts of it, so that the times of several sizes are known soon", () => {
  // Below 3,333 tokens it would be the requests that are limited.
  expect(send(begun(), 6)).toEqual([3333.333_333_333_333_5, 5000, 3333.333_333_333_333_5, 5000, FIRST, FIRST]);
});

it("P55 where little is to be sent, no request is made for what it would teach", () => {
  expect(send(begun(), 3, { ...work, unsent: 16 * FIRST })).toEqual([FIRST, FIRST, FIRST]);
});

it("P55 once times are known every sixteenth request is a small one", () => {
  const size = begun();
  for (let answer = 0; answer < 3; answer++) size.answered(16_384, 100, 100);
  const sizes = send(size, 33);
  expect(sizes.filter((weight) => weight === 8192)).toHaveLength(3);
  expect(sizes.filter((weight) => weight === 32_768)).toHaveLength(30);
});

it.for([
  ["few requests are allowed", { requestsPerMinute: 60 }],
  ["a day's requests are limited", { requestsPerMinute: 0 }],
  ["requests are limited and nothing else", { perMinute: undefined, requestsPerMinute: 60_000 }],
] as const)("P55 where %s, all are as large as they may be", ([, given]) => {
  expect(send(begun(), 3, { ...work, ...given })).toEqual([300_000, 300_000, 300_000]);
});

it("P55 without a limit on requests they may be small", () => {
  expect(send(begun(), 1, { ...work, requestsPerMinute: undefined })).toEqual([2500]);
});

it("a request is never larger than it may be", () => {
  const size = begun();
  for (let answer = 0; answer < 3; answer++) size.answered(16_384, 100, 100);
  expect(send(size, 2, { ...work, most: 20_000 })).toEqual([8192, 20_000]);
});

it("P55 with no limit told, size and number are searched for, from what takes no longer than a second", () => {
  const quick = begun();
  expect(quick.inFlight).toBeUndefined();
  expect(send(quick, 1, untold)).toEqual([FIRST]);
  expect(quick.inFlight).toBe(5);
  const slow = new RequestSize();
  send(slow, 1);
  slow.answered(2000, 4000, 4000);
  expect(send(slow, 1, untold)).toEqual([500]);
});

it("a caller's cap holds while the number in flight is searched for", () => {
  const size = begun();
  send(size, 1, { ...untold, inFlight: 2 });
  expect(size.inFlight).toBe(2);
});

it("P55 a limit that is told ends the search", () => {
  const size = begun();
  send(size, 1, untold);
  send(size, 1);
  expect(size.inFlight).toBeUndefined();
});

it("what is learned is kept with the limiter", () => {
  const limiter = rateLimiter();
  expect(requestSizeOf(limiter)).toBe(requestSizeOf(limiter));
  expect(requestSizeOf(rateLimiter())).not.toBe(requestSizeOf(limiter));
});
