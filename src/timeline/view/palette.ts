/** Colours of one look of a page, as `#rrggbb`. */
export interface Palette {
  page: string;
  box: string;
  line: string;
  text: string;
  faint: string;
  accent: string;
  good: string;
  bad: string;
  addedBack: string;
  removedBack: string;
}

export const LIGHT: Palette = {
  page: "#f6f7f9",
  box: "#ffffff",
  line: "#d0d5dd",
  text: "#1b1f24",
  faint: "#57606a",
  accent: "#0b5cad",
  good: "#136c33",
  bad: "#b3261e",
  addedBack: "#e2f5e6",
  removedBack: "#fde7e5",
};

export const DARK: Palette = {
  page: "#0e1116",
  box: "#171b22",
  line: "#353c47",
  text: "#e6e9ee",
  faint: "#a2abb8",
  accent: "#7ab7ff",
  good: "#6fd08c",
  bad: "#ff9a90",
  addedBack: "#12301c",
  removedBack: "#3d1a18",
};

/** Pairs of text and ground that stand upon each other. */
export const PAIRS: readonly (readonly [text: keyof Palette, ground: keyof Palette])[] = [
  ...(["text", "faint", "accent", "good", "bad"] as const).flatMap((text) => [
    [text, "page"] as const,
    [text, "box"] as const,
  ]),
  ["text", "addedBack"],
  ["text", "removedBack"],
  ["box", "accent"],
];
