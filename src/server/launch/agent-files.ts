import type { AgentFiles } from "../../conversations/launch/agent-files.ts";
import { messageOf } from "../../errors.ts";
import type { ExtensionPlace } from "../../extensions/place.ts";
import type { Logger } from "../../logger.ts";
import { joinPath } from "../../workspace/paths.ts";
import type { Workspace } from "../../workspace/workspace.ts";

/** The folder of the user's files as prompts name it where the server has no other. It is the same on every machine. */
const USER_DIR = "~/.openhands";

export interface AgentFilesOptions {
  /** Opens the machine of the server, with the folder of its user. */
  serverPlace(): Promise<ExtensionPlace>;
  /** The folder of the user's files on every machine, where it is not in the home folder. */
  userDir: string | undefined;
  /** Whether agents may have a browser. */
  hasBrowser(): boolean;
  logger: Logger;
}

/**
 * The files that agents are completed from: skills and identity of users lie on the server's machine, projects and
 * notes where the agent works. An agent can do without any of them, so a failure is logged.
 */
export function agentFiles(options: AgentFilesOptions): AgentFiles {
  const { serverPlace, userDir, logger } = options;
  const placeOf = async (workspace: Workspace): Promise<ExtensionPlace> => ({
    ...(await serverPlace()),
    workspace,
    userDir: userDir ?? joinPath(workspace.info.home, ".openhands"),
  });
  const orElse = async <T>(what: string, fallback: T, read: () => Promise<T>): Promise<T> => {
    try {
      return await read();
    } catch (error) {
      logger.warn({ what, error: messageOf(error) }, "An agent goes without files that cannot be read");
      return fallback;
    }
  };
  return {
    sharedSkills: ({ load_user_skills: ofUser, load_public_skills: isPublic, marketplace_path: list }) =>
      orElse("skills of the user, and public ones", [], async () => {
        const { sharedSkills } = await import("../../extensions/skills/shared-skills.ts");
        const shared = await sharedSkills(await serverPlace(), { ofUser, isPublic, list });
        return shared.map(({ skill }) => skill);
      }),
    projectSkills: (workspace) =>
      orElse("skills of the project", [], async () => {
        const { projectSkills } = await import("../../extensions/skills/project-skills.ts");
        return projectSkills(await placeOf(workspace), workspace.info.workingDir);
      }),
    memory: (workspace) =>
      orElse("memory", undefined, async () => {
        const { readMemory } = await import("../../extensions/memory.ts");
        const project = workspace.info.workingDir;
        return readMemory(await placeOf(workspace), { project, shownUserDir: userDir ?? USER_DIR });
      }),
    subAgents: (workspace) =>
      orElse("sub-agents", [], async () => {
        const { listSubAgents } = await import("../../extensions/sub-agents.ts");
        const { builtInSubAgents } = await import("../../extensions/built-in-sub-agents.ts");
        const { workingDir: projectDir } = workspace.info;
        return [
          ...(await listSubAgents(await placeOf(workspace), { projectDir, ofUser: false })),
          ...(await listSubAgents(await serverPlace(), { projectDir: null, ofUser: true })),
          ...builtInSubAgents({ hasBrowser: options.hasBrowser() }),
        ];
      }),
    soul: () =>
      orElse("identity", undefined, async () => {
        const { readSoul } = await import("../../extensions/soul.ts");
        return readSoul(await serverPlace());
      }),
  };
}
