/** Reason why a file could not be opened, read or written, as a message continues after "got". */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return (code === undefined ? undefined : REASONS[code]) ?? message;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file or folder",
  ENOTDIR: "a file in its path where a folder should be",
  EISDIR: "a folder",
  EACCES: "no permission",
  EPERM: "no permission",
  EROFS: "a read-only disk",
  ENOSPC: "a full disk",
  EDQUOT: "an exhausted disk quota",
  EFBIG: "too large a file",
  EMFILE: "too many open files",
  ELOOP: "a link that leads to itself",
  ENAMETOOLONG: "too long a name",
  EIO: "an error of its disk",
};
