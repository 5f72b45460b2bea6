import type { FormField } from "./form-field.ts";

type Fields = Readonly<Record<string, FormField>>;

const major = "major" as const;
const worktree = "default_runtime=worktree";
const docker = "default_runtime=docker";

export const LIMIT_FIELDS: Fields = {
  max_iterations: {
    label: "Max iterations",
    prominence: major,
    description: "Number of steps after which a run ends by itself.",
  },
};

export const CONFIRMATION_FIELDS: Fields = {
  confirmation_mode: {
    label: "Confirmation mode",
    prominence: "critical",
    description: "Asks before the agent does something risky.",
  },
  security_analyzer: {
    label: "Security analyzer",
    prominence: major,
    dependsOn: ["confirmation_mode"],
    description: "The analyzer that rates what the agent is about to do.",
  },
};

export const RUNTIME_FIELDS: Fields = {
  default_runtime: {
    label: "Default runtime",
    prominence: major,
    description:
      "Where new conversations work: in the workspace, in a new git worktree of it, or in a container, if the server has containers.",
  },
  worktree_base: {
    label: "Create worktrees from",
    prominence: major,
    dependsOn: [worktree],
    description:
      "The beginning of a new worktree: the default branch, what is checked out, or `worktree_base_ref`.",
  },
  worktree_base_ref: {
    label: "Ref",
    prominence: major,
    dependsOn: [worktree, "worktree_base=ref"],
    description: "The branch, tag or commit that worktrees begin at, for example `develop`.",
  },
  worktree_branch_prefix: {
    label: "Branch name prefix",
    prominence: major,
    dependsOn: [worktree],
    description: "Beginning of the names of branches; the id of the conversation follows.",
  },
  container_memory: {
    label: "Container memory limit",
    prominence: major,
    dependsOn: [docker],
    description:
      "Memory of a container as `docker run --memory` takes it, for example `4g`. Empty: the server's default.",
  },
  container_cpus: {
    label: "Container CPU limit",
    prominence: major,
    dependsOn: [docker],
    description: "Processors of a container, from 0.01. Empty: the server's default.",
  },
  container_browser: {
    label: "Browser in containers",
    prominence: major,
    dependsOn: [docker],
    description: "Runs a browser in containers whose image has one.",
  },
};
