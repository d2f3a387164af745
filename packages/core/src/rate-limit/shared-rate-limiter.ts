import { rateLimiter } from "./local-rate-limiter.ts";
import type { RateLimiterOptions } from "./rate-limiter-options.ts";
import type { RateLimiter } from "../contract/rate-limiter.ts";

type Pools = Map<string, Pick<WeakRef<RateLimiter>, "deref">>;

interface PoolsByOwner<Owner> {
  get(owner: Owner): Pools | undefined;
  set(owner: Owner, pools: Pools): unknown;
}

const byObject = new WeakMap<object, Pools>();
const byName = new Map<string, Pools>();

/**
 * The limiter of one pool of one key, made at the first call: Runnables that use the same key share it without being
 * given it. It is kept as long as it is used.
 *
 * @param owner whose limits they are: the client that an adapter was given, or a text that tells keys apart
 * @param pool which of its limits: a provider counts by model, or by endpoint
 * @param options for the first call of this owner and pool, or for one with other limits than before: those get a
 * limiter of their own
 */
export function sharedRateLimiter(owner: object | string, pool: string, options: RateLimiterOptions = {}): RateLimiter {
  const pools = typeof owner === "string" ? poolsOf(byName, owner) : poolsOf(byObject, owner);
  const { clock, ...limits } = options;
  // Another clock is another time: it is not shared. Tests bring theirs.
  if (clock !== undefined) return rateLimiter(options);
  const name = `${pool} ${JSON.stringify(limits)}`;
  const known = pools.get(name)?.deref();
  if (known !== undefined) return known;
  const made = rateLimiter(options);
  // Cloudflare's workerd has it from compatibility date 2025-05-05 on.
  pools.set(name, typeof WeakRef === "function" ? new WeakRef(made) : { deref: () => made });
  return made;
}

function poolsOf<Owner>(all: PoolsByOwner<Owner>, owner: Owner): Pools {
  const known = all.get(owner);
  if (known !== undefined) return known;
  const made: Pools = new Map();
  all.set(owner, made);
  return made;
}
