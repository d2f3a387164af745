export type { CachedRunnable } from "./cached.ts";
export type { CacheStats, CacheWarning } from "./cache-monitor.ts";
export type { CacheOptions } from "./options.ts";
export type { FileUsage } from "./stores/cache-file.ts";
export { type CacheFileStore, fileStore, type FileStoreOptions, type PruneOptions } from "./stores/file-store.ts";
export type { CacheStore } from "./stores/open-store.ts";
export type { ValueCodec } from "./value-codec.ts";
export { withCache } from "./with-cache.ts";
