export { FolderLock, FolderLockError, type FolderLockOptions } from "./folder-lock.ts";
export type { Holder } from "./holder.ts";
