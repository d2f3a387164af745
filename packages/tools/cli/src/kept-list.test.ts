import { expect, test } from "vitest";
import { KeptList } from "./kept-list.ts";

test("each input has its own fields again, in their order", () => {
  const list = new KeptList();
  const all = [
    { id: 1, name: "a" },
    {},
    { name: "b", id: null },
    { id: 2n, list: [1], none: undefined },
    { id: 3, name: "c" },
  ];
  for (const kept of all) list.add(kept);
  expect(all.map((_, place) => Object.entries(list.at(place)))).toEqual(all.map((kept) => Object.entries(kept)));
});
