import type { Skill } from "../../wire/agent/skill.ts";
import { triggerWords } from "../../wire/agent/trigger-words.ts";

/** A skill that applies, with the first of its triggers that says so. */
export interface Activation {
  skill: Skill;
  trigger: string;
}

/** Letters and digits, between which a trigger begins and ends. */
const WORD = /[a-z0-9]+/g;

/**
 * Finds the skills that a message of the user calls for, in the order of the skills. A trigger counts as a whole word,
 * in any case: `git` is not in `github`. Skills named in `without` are left out.
 */
export function skillsCalledFor(
  skills: readonly Skill[],
  message: string,
  without: readonly string[],
): Activation[] {
  const text = message.toLowerCase();
  const words = new Set(text.match(WORD));
  return skills.flatMap((skill) => {
    if (without.includes(skill.name)) return [];
    const trigger = triggerWords(skill).find((one) => isIn(one.toLowerCase(), { text, words }));
    return trigger === undefined ? [] : [{ skill, trigger }];
  });
}

/** Reads the text only for triggers of which every word is in it: there may be thousands of triggers. */
function isIn(trigger: string, { text, words }: { text: string; words: ReadonlySet<string> }): boolean {
  if (trigger === "" || !(trigger.match(WORD) ?? []).every((word) => words.has(word))) return false;
  for (let at = text.indexOf(trigger); at >= 0; at = text.indexOf(trigger, at + 1)) {
    if (!isWordAt(text, at - 1) && !isWordAt(text, at + trigger.length)) return true;
  }
  return false;
}

function isWordAt(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return (code >= 97 && code <= 122) || (code >= 48 && code <= 57);
}
