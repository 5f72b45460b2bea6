import { messageOf } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import type { Skill } from "../../wire/agent/agent.ts";
import { type AgentDefinition, namesProfileFolder } from "../../wire/agent/agent-definition.ts";

/** Former names of sub-agents that are built in. */
const FORMER_NAMES: ReadonlyMap<string, string> = new Map([
  ["", "general-purpose"],
  ["default", "general-purpose"],
  ["default cli mode", "general-purpose"],
  ["explore", "code-explorer"],
  ["bash", "bash-runner"],
]);

/** Sub-agents that one conversation may name, at most. */
const MAX_DEFINITIONS = 500;

/** A sub-agent that can be started. */
export interface KnownSubAgent {
  definition: AgentDefinition;
  /** The skills that the definition names. */
  skills: readonly Skill[];
}

export interface DefinitionSources {
  /** In the order in which they win. */
  definitions: readonly AgentDefinition[];
  /** Reads the skills that definitions may name: those of the project, then those of the user. */
  skills(): Promise<readonly Skill[]>;
  logger: Logger;
}

/** The sub-agents of a conversation, by name. */
export class Definitions {
  readonly #known: ReadonlyMap<string, KnownSubAgent>;

  private constructor(known: ReadonlyMap<string, KnownSubAgent>) {
    this.#known = known;
  }

  /** Keeps the first definition of each name. One that cannot be used is logged and costs nothing else. */
  static async of({ definitions, skills, logger }: DefinitionSources): Promise<Definitions> {
    const needsSkills = definitions.some((definition) => definition.skills.length > 0);
    const available = needsSkills ? await skills() : [];
    const known = new Map<string, KnownSubAgent>();
    for (const definition of definitions) {
      const { name, source } = definition;
      if (known.has(name)) continue;
      if (known.size === MAX_DEFINITIONS) {
        logger.warn(
          { bound: MAX_DEFINITIONS },
          "There are more sub-agents than are read: the rest is left out",
        );
        break;
      }
      try {
        checkProfileFolder(definition);
        known.set(name, { definition, skills: skillsOf(definition, available) });
      } catch (error) {
        logger.warn({ agent: name, source, error: messageOf(error) }, "A sub-agent is left out");
      }
    }
    return new Definitions(known);
  }

  /** Every sub-agent, by name. */
  get all(): KnownSubAgent[] {
    return [...this.#known.values()].sort((left, right) =>
      left.definition.name < right.definition.name ? -1 : 1,
    );
  }

  /** Finds a sub-agent by its name, or by a former one that no other has. */
  find(name: string): KnownSubAgent | undefined {
    return this.#known.get(name) ?? this.#known.get(FORMER_NAMES.get(name) ?? name);
  }
}

/** Files of a project could lead to keys anywhere on the server's disk. Another sub-agent of the name is not meant. */
function checkProfileFolder(definition: AgentDefinition): void {
  if (!namesProfileFolder(definition)) return;
  throw new Error(
    "its model is a profile of profile_store_dir, and only profiles that the server keeps are read",
  );
}

function skillsOf({ skills }: AgentDefinition, available: readonly Skill[]): Skill[] {
  return skills.map((name) => {
    const skill = available.find((one) => one.name === name);
    if (skill === undefined)
      throw new Error(`it names the skill '${name.slice(0, 100)}', which there is not`);
    return skill;
  });
}
