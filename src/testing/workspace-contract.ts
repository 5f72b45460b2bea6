import type { Workspace } from "../workspace/workspace.ts";
import type { ContractCheck } from "./store-contract.ts";
import { CLOSE_CHECKS } from "./workspace-contract/close-checks.ts";
import { FILE_CHECKS } from "./workspace-contract/file-checks.ts";
import { FILE_FAILURE_CHECKS } from "./workspace-contract/file-failure-checks.ts";
import { RUN_CHECKS } from "./workspace-contract/run-checks.ts";
import { TERMINAL_CHECKS } from "./workspace-contract/terminal-checks.ts";

/** Parts of the port that a workspace may lack. */
export interface WorkspaceContractOptions {
  /** Whether `terminal` works; without terminals it must reject with `unavailable`. Default: true. */
  terminal?: boolean;
}

/**
 * Lists the checks of the `Workspace` port. `create` returns a workspace with an empty working directory for each
 * check, which closes it. The checks use `sh`, `bash` and the usual small programs.
 *
 * @example
 * ```ts
 * for (const { name, run } of workspaceContract(create)) test(name, run);
 * ```
 */
export function workspaceContract(
  create: () => Promise<Workspace> | Workspace,
  { terminal = true }: WorkspaceContractOptions = {},
): ContractCheck[] {
  const checks = {
    ...FILE_CHECKS,
    ...FILE_FAILURE_CHECKS,
    ...RUN_CHECKS,
    ...CLOSE_CHECKS,
    ...(terminal ? TERMINAL_CHECKS : {}),
  };
  return Object.entries(checks).map(([name, check]) => ({
    name,
    run: async () => {
      const workspace = await create();
      try {
        await check(workspace);
      } finally {
        await workspace.close();
      }
    },
  }));
}
