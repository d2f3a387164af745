/** Something that happened to a job, for logs. It holds no input and no output. */
export type JobEvent =
  | {
      /** "created": a new job. "reattached": one that an earlier run had left. */
      readonly type: "created" | "reattached";
      readonly id: string;
      /** What the provider knows the job by, beside its id. */
      readonly tag: string;
      readonly inputs: number;
    }
  | {
      readonly type: "polled";
      readonly id: string;
      readonly status: "running" | "ended";
      /** Lines that have been answered so far, where the provider tells. */
      readonly done: number | undefined;
    }
  | {
      readonly type: "ended";
      /** Undefined where the provider did not know it any more. */
      readonly id: string | undefined;
      readonly inputs: number;
      /** Inputs whose line has a row, well or not. */
      readonly answered: number;
      readonly inputTokens: number;
      readonly outputTokens: number;
      /** What the job cost; undefined where no price is known. */
      readonly cost: number | undefined;
      /** What the same would have cost live. */
      readonly liveCost: number | undefined;
      /** Why it ended before its lines did. */
      readonly reason: Error | undefined;
    }
  | {
      /** The provider had no room for it: it is created again in `delayMs`. */
      readonly type: "refused";
      readonly id: string;
      readonly delayMs: number;
    }
  | {
      /** It was asked to stop. */
      readonly type: "cancelled";
      readonly id: string;
    }
  | {
      /** The batch is done, but the store could not be cleaned: the same batch would be answered by the old jobs. */
      readonly type: "kept";
      readonly reason: Error;
    };
