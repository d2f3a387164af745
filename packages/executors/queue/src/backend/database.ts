/** Database, or a transaction in it, that runs statements. */
export interface Queries {
  /** Runs a statement and returns its rows; without `values`, also several statements. */
  query<Row = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

/** PostgreSQL, embedded or not. */
export interface Database extends Queries {
  /** Runs `work` in a transaction, which is rolled back when it throws. */
  transaction<T>(work: (transaction: Queries) => Promise<T>): Promise<T>;
  /**
   * Listens for notifications until the returned function is called. A lost connection is made again.
   *
   * @param onGap called when some may have been missed
   */
  listen(channel: string, onMessage: (payload: string) => void, onGap: () => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/** Adapts a database for pg-boss. */
export function forBoss(queries: Queries): {
  executeSql(text: string, values?: unknown[]): Promise<{ rows: any[] }>;
} {
  return { executeSql: async (text, values) => ({ rows: await queries.query(text, values) }) };
}
