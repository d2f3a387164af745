/** Numbers of the laws, as in the contract. */
export const lawNumbers = [
  "L1",
  "L2",
  "L3",
  "L4",
  "L5",
  "L6",
  "L7",
  "L8",
  "L9",
  "L10",
  "L11",
  "L12",
  "L13",
  "L14",
  "L15",
  "L16",
  "L17",
  "L18",
] as const;

/** Number of a law, such as "L7". */
export type LawNumber = (typeof lawNumbers)[number];
