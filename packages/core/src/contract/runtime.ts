/**
 * True on Cloudflare's workerd. Timers and I/O belong to one request there: what another request waits for must not come
 * from them, as this one may be over, or gone, by then.
 *
 * Source: https://developers.cloudflare.com/workers/observability/errors/, checked 2026-11-29.
 */
export const IS_WORKERD: boolean = globalThis.navigator?.userAgent === "Cloudflare-Workers";
