/** What statements are run on: a database, or a transaction in it. */
export interface Queries {
  /** Rows of a statement. Without `values`, of several statements together. */
  query<Row = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

/** A PostgreSQL, embedded or not. */
export interface Database extends Queries {
  /** Runs `work` in a transaction, which is rolled back when it throws. */
  transaction<T>(work: (transaction: Queries) => Promise<T>): Promise<T>;
  /**
   * Hears notifications until the returned function is called. A connection that is lost is made again.
   *
   * @param onGap called when some may have been missed
   */
  listen(channel: string, onMessage: (payload: string) => void, onGap: () => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/** A database as pg-boss takes one. */
export function forBoss(queries: Queries): {
  executeSql(text: string, values?: unknown[]): Promise<{ rows: any[] }>;
} {
  return { executeSql: async (text, values) => ({ rows: await queries.query(text, values) }) };
}

/** Server errors after which the same statement may succeed: a restart, no free connection, a deadlock. */
const PASSING = /^(?:08...|57P0.|53300|40001|40P01)$/;
const NETWORK = /^(?:ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENETDOWN|EAI_AGAIN|ENOTFOUND)$/;

/** Whether the connection is to blame, and not the statement. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { readonly code?: unknown };
  // The driver's own errors have no code: a connection that ended under a statement, or could not be had in time.
  if (typeof code !== "string") return error.constructor === Error;
  return PASSING.test(code) || NETWORK.test(code);
}
