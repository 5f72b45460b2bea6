import { defused, defusedLine } from "./defused.ts";
import type { Activation } from "./triggers.ts";

/** The skills that a message called for, as the model reads them after it. */
export function skillBlocks(activations: readonly Activation[]): string {
  return activations
    .map(({ skill, trigger }) =>
      block(
        [
          `The message has "${defusedLine(trigger)}" in it, which this text goes with. Use as much of it as helps.`,
          ...(skill.source === null
            ? []
            : [
                `Skill location: ${defusedLine(skill.source)}`,
                "(Relative paths in the text start in that folder.)",
              ]),
        ],
        skill.content,
      ),
    )
    .join("\n\n");
}

/** The rules for a file, as the model reads them after the result of a call that has touched it. */
export function ruleBlocks(activations: readonly Activation[]): string {
  return activations
    .map(({ skill, trigger }) =>
      block(
        [
          `The file you touched matches "${defusedLine(trigger)}". This rule is for such files; keep to it there.`,
          ...(skill.source === null ? [] : [`Rule location: ${defusedLine(skill.source)}`]),
        ],
        skill.content,
      ),
    )
    .join("\n");
}

function block(lines: readonly string[], content: string): string {
  return `<EXTRA_INFO>\n${lines.join("\n")}\n\n${defused(content)}\n</EXTRA_INFO>`;
}
