import type { ConversationRecord } from "../../../stores/store.ts";
import { LazyWorkspace } from "../../../workspace/lazy-workspace.ts";
import type { MachineClaim } from "../../../workspace/machine-claim.ts";
import { machineLimits } from "../../machine-limits.ts";
import type { LiveContext } from "../conversation-context.ts";
import type { OpenedLog } from "./open-log.ts";

/** The right to work with a machine that other servers may work with as well. */
export interface MachineRight {
  /** The claim on the conversation first, then those on the ones that it works for. */
  claims(): readonly MachineClaim[];
  /** Called when the machine refuses them. */
  lost(): void;
}

/**
 * The machine of a conversation, which is opened when it is first needed. A sub-agent works on that of the conversation
 * that it works for.
 */
export function openWorkspace(
  { id, createdBy }: Pick<ConversationRecord, "id" | "createdBy">,
  { config, keeper }: Pick<OpenedLog, "config" | "keeper">,
  { context, right }: { context: LiveContext; right: MachineRight },
): LazyWorkspace {
  const conversationId = config.sub_agent?.machine ?? id;
  const { workspace } = keeper.state;
  return new LazyWorkspace(() =>
    context.openWorkspace({
      conversationId,
      workingDir: workspace.working_dir,
      dataDir: context.dataDir(conversationId),
      requested: workspace,
      createdBy,
      limits: machineLimits(config.container),
      claims: context.sharesMachines ? { list: right.claims(), lost: () => right.lost() } : undefined,
    }),
  );
}
