/** The sections of a plan: the heading, which clients know, and what belongs there. */
const SECTIONS: readonly [heading: string, content: readonly string[]][] = [
  ["OBJECTIVE", ["The goal in one or two sentences.", "What is to be different when the work is done."]],
  [
    "CONTEXT SUMMARY",
    [
      "The parts of the system, files and data that matter here.",
      "What the work depends on and what limits it.",
    ],
  ],
  [
    "APPROACH OVERVIEW",
    ["The way that was chosen, in a few sentences.", "Why it is better than the others, if there were any."],
  ],
  [
    "IMPLEMENTATION STEPS",
    [
      "The steps in their order. Each has:",
      "  - a **goal**: what is done after it,",
      "  - a **method**: how to get there, in short,",
      "  - if there is one, a **reference**: the file, module or function that changes.",
    ],
  ],
  [
    "TESTING AND VALIDATION",
    ["How to see that the work is right.", "What is expected then: output, behaviour, conditions."],
  ],
];

/** Describes the sections of a plan for the prompt of an agent that writes one (`plan_structure`). */
export function planStructure(): string {
  const sections = SECTIONS.map(([heading, content], index) => {
    const lines = content.map((line) => (line.startsWith(" ") ? `   ${line}` : `   * ${line}`));
    return [`${index + 1}. ${heading}`, ...lines].join("\n");
  });
  return ["The plan has exactly these sections:", ...sections].join("\n\n");
}

/** The headings of a plan in Markdown, with nothing below them yet. */
export function planHeadings(): string {
  return SECTIONS.map(([heading], index) => `# ${index + 1}. ${heading}\n`).join("\n");
}
