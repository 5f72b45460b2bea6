import type { BashCommands } from "../../bash/bash-commands.ts";
import { type Adopters, Adoption } from "../../cluster/membership/adoption.ts";
import type { LivingMachines } from "../../cluster/membership/living-machines.ts";
import type { ConversationManager } from "../../conversations/conversation-manager.ts";
import type { Logger } from "../../logger.ts";
import type { Observers } from "../../observing/observers.ts";
import type { NodeSeat } from "../../stores/nodes/node-seat.ts";
import type { LivingNode } from "../../stores/ownership.ts";

export interface MembershipParts {
  seat: NodeSeat;
  conversations: ConversationManager;
  living: LivingMachines;
  commands: BashCommands;
  /** Watch what is taken over. */
  observers: Observers;
  logger: Logger;
}

/** The part of a server in a cluster that looks after what the others leave, from its start to its end. */
export interface Membership {
  /** Begins to take over what others have left. */
  start(): void;
  /** Ends that. */
  end(): Promise<void>;
}

export function membership({ living, commands, ...parts }: MembershipParts): Membership {
  const { seat } = parts;
  const adoption = new Adoption({ ...parts, conversations: watchedAdopters(parts) });
  /** One server is enough, and it is the same for all: the one that joined first. If it dies, too, that is the next death. */
  const endCommands = async (nodes: readonly LivingNode[]) => {
    const first = nodes.find(({ address }) => address !== undefined);
    if (first?.node === (await seat.node())) await commands.endAbandoned();
  };
  return {
    start() {
      // A store that keeps this server from joining fails the next look, too, after which all is looked at again.
      living.start((nodes) => void endCommands(nodes).catch(() => undefined));
      adoption.start();
    },
    async end() {
      living.end();
      await adoption.end();
    },
  };
}

function watchedAdopters({
  conversations,
  observers,
}: Pick<MembershipParts, "conversations" | "observers">): Adopters {
  return {
    get freeRuns() {
      return conversations.freeRuns;
    },
    takeOver: (taken) =>
      observers.watch(
        "takeover",
        { conversationId: taken.conversationId },
        { work: () => conversations.takeOver(taken), ended: () => ({}) },
      ),
  };
}
