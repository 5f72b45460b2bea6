import type { Skill } from "./skill.ts";

/** The words of a message that a skill waits for. None for one that applies always, or to files. */
export function triggerWords({ trigger }: Skill): readonly string[] {
  switch (trigger?.type) {
    case "keyword":
      return trigger.keywords;
    case "task":
      return trigger.triggers;
    case "path":
    case undefined:
      return [];
  }
}
