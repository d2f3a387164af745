import type { RateLimiter } from "@batchwise/core";

/** A limiter with ways of its own in some things. Of all others, such as an outage, it hides nothing from the engine. */
export function limiterWith(limiter: RateLimiter, own: Partial<RateLimiter>): RateLimiter {
  return new Proxy(limiter, {
    get(target, name): unknown {
      if (name in own) return Reflect.get(own, name);
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}
