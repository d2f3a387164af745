/** Texts, and the vectors that int8.ts gives them, in bytes as base64. Written by fixtures/calibrate.ts. */
const EXPECTED: readonly (readonly [text: string, vector: string])[] = [
  [
    "How do I close a connection pool without losing the requests that are in flight?",
    "/wjrGdXlNbMUFdgA2/HmHPPi5AT9GtkHyRAPxPr+/Q+Z6DgB6xcQ9R8T7x/uKNb4JBvrEfYLNQMcAstC5+/4ANANBh0uBvRBlO0sMwy66yQV9tX9F/0azjwR0CQGD+Ik8+7aFEfzGBYD/CYrGgXn/RTizFMXJgwS7RAH5wQDCgD1w98EFQMRGQz3wsbsr/vMMhU2FRLOGPtP8OXl+hb6DPYX5BDd/QDs1/6UTO2LIgYFKezu5trm6Pz85OUq/bkCWCoq88zQ1SHn2djy0jlSFX8h9y7y7RH4Eva39AXkCADty/4Y8gVPBeoPDiH/6fHbJR/9Hd/sGsv64tPbAgEg9xn96y36YfweKgjp7C0gzeiWD6v91jXrLkQWHr073+cTKhAqIhj9/DApIxXF2PcLUiA66SkxEef89hbO3QgEzQAUJxYTKgrbLv4CEAgNM/zTJ9wa5On48CcOBC/Y+crS0xEA4FLC9c9D6SYTF3snJA7y7AT42S0M2Pnh5/vtMqjq",
  ],
  [
    "const answer = items.filter((item) => item.id !== 42).map(String); // https://example.com/a?b=1",
    "HGYaFuwSJf0GztH65e4PL9YX3JJA3frp/0MixvsWKcr2+vPX0fAT8RIr5uYhIfYnAxYDB836EhS4uzb0HqdNGyvn+xza+CIISgge3si8BGfosB8gFSfJ6OL8wcswBET6HPTj+PcH9M7G9Srr4SDiLh8OxNNEGTMCLgb/7u4iJgAj7unk6OvSI/A/5yEbzw3/+BTFw7ASEvkcvPQk7OwH9NkWMzkDG7TOEgABHPjzCNQs8wgRv/P34BMZ40QDGh8mAQwZG/b2G9/+Ct8H1Oz3svGh6yYAQdzqPfPo/OfmMwAF6QkUGvJ/GSMpAOsR2SYT5/QdzdIUH/DLNA3SEs8UB1Ys0wQ4RB4iwdICMAni90Eh/wjw7srx6qLtEDIH5E1PSv7hHAzbKBch/CW/Exom+QwT+zsA3AP15w0O77fv4wDRE94R5i4YGff75jjoxyHS5yb6LTHn1Qkb+eHcNRjnBfEHDd74zQwlVAUFDeD++douHPfxBOmzvPft3RY78gc4",
  ],
  [
    "Привет, мир! 今天天气很好, crème brûlée",
    "DBkp+tkVU/8Z7AfaFe7n2v8g+AUD7RhD2SEUChgN/xwL/g4d7dcOL9UACh4UGOoeCRzdA9IPHe4Az/zZ3hUc7/TYDgUDLer+1/u73PnTv/QNzwUG8O8L7zjq6hUH+NEVAdHlGhjt7SvT4+HNGfnk1frdCD/84Pz5/Bj87eAPNAD3/w0P0gPtD/zgAAD8AvMU++gfB/oX+yP43xD5HQ0QDgkI5vbaIOtNJbne3AkhAf0Xx+of4hT7AfkE69Ue8TLu/NL0Ai4I7f89Bify+QX+GroJPRgg8yXpBBCk11sH2wAG+Po8JgLXL/0X99MC1ucfSjjQG+jVAA3QF3/J9hjo+wcb7Cso1Mge8ARGE/LozATYASnj/d4XBt/vFiwG+gb8/+XwOBQRFfz2Pe8cEf4W5t8D1gzr48gTGvYLJA/pIwAf3vcVDNrt1vDyBOz0FuQg7TIH0Pr9FMrhH/EUBdwL/df4y/MuDOgJLAAMA+z3+xTtKOIpMA4GQRn57NYZFuUA",
  ],
  [
    "!",
    "0fsA/BoHG+/Z6e0GJPsI7uf3+w4A+xj8BhHqDf/g5AwT+e7w9dgPE/L3BRgh6/8AIAf2ARj6+u311f/z/hO9Evz9Jgj9IB30H+cVEDP0JyoH9+gN8tf28fEd8O4U++Dk/gfSfwD/KegO8uz9De3/5AIgBwvz9wcB+vfrBRffEgD8ERMBByH37PgK+vDlDvka8ezuCPoJ/w7z7gflCQEJB/gE7gECz/4WAf7s/+0w7wMAFvQB5wXz+QPtBgD1BwXq5ej+DAoQ/h8XAPYO8AEQAQ756/EqAQPn//kBBg0YAAADDQAMDfgVHe4R/PYR+fH9C/0D/OT7+iXaIRcN6hMBAuoCEB8JA/n2EwERGfAAAvn6Ft7vEP3xDAYJDggBE/4vHwv5AAPyAQPIAev0Cu0N/u8RANv+9Av7+xL5DiwTBwD1Ie4AFALrFvjpERTmKxwK3P3u7f/5C+oQ/uEUI/cYD/T9+8PwBwjr2/cS/fn7CBMA8wgDAA8hBA3xGCUpF+/+",
  ],
];

/** Texts and vectors by which a processor is known to compute the model right. */
export const expected: { readonly texts: readonly string[]; readonly vectors: readonly Int8Array[] } = {
  texts: EXPECTED.map(([text]) => text),
  vectors: EXPECTED.map(([, vector]) => Int8Array.from(Buffer.from(vector, "base64"))),
};
