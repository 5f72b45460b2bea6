import { Adoption } from "../../cluster/membership/adoption.ts";
import type { LivingMachines } from "../../cluster/membership/living-machines.ts";
import type { ConversationManager } from "../../conversations/conversation-manager.ts";
import type { Logger } from "../../logger.ts";
import type { NodeSeat } from "../../stores/nodes/node-seat.ts";

export interface MembershipParts {
  seat: NodeSeat;
  conversations: ConversationManager;
  living: LivingMachines;
  logger: Logger;
}

/** The part of a server in a cluster that looks after what the others leave, from its start to its end. */
export interface Membership {
  /** Begins to take over what others have left. */
  start(): void;
  /** Ends that. */
  end(): Promise<void>;
}

export function membership({ seat, conversations, living, logger }: MembershipParts): Membership {
  const adoption = new Adoption({ seat, conversations, logger });
  return {
    start() {
      living.start();
      adoption.start();
    },
    async end() {
      living.end();
      await adoption.end();
    },
  };
}
