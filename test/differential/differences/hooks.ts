import type { Difference } from "./difference.ts";

const BLOCKED = "a message that a hook blocks";
const BLOCKED_AND_MORE = "a message that a hook blocks and adds to";
const REFUSED_STOPS = ["a stop that hooks refuse once", "a stop that hooks refuse with a text"];
const ALWAYS_REFUSED = "a stop that hooks always refuse";
const STOPS = [
  "hooks at every moment",
  "the input of hooks",
  "hooks of a stop at a further run",
  ALWAYS_REFUSED,
  ...REFUSED_STOPS,
];
const TEXTS = ["text of a hook at the start", "text of a hook to a message", BLOCKED_AND_MORE];
const GUARDS = "guards that cannot be started or take too long";

/** What hooks do otherwise. */
export const HOOK_DIFFERENCES: readonly Difference[] = [
  {
    scenarios: [
      ...STOPS,
      ...TEXTS,
      BLOCKED,
      GUARDS,
      "a call that a hook refuses by its exit code",
      "a call that a hook refuses by its decision",
      "a call that a hook refuses by continue, without a reason",
      "the matchers of hooks",
      "a hook in the background",
      "hooks that fail after a call",
      "a hook that takes too long after a call",
      "a model that judges as a hook",
      "an agent that judges as a hook",
      "hooks and confirmation",
      "hooks and calls at one time",
      "a finish that a hook refuses",
      "hooks as other programs write them",
    ],
    at: ["frames.* HookExecutionEvent.isWhatIsStored: false -> true"],
    reason: "frames of the reference lack the parent that it stores",
  },
  {
    scenarios: TEXTS,
    at: ["frames.* MessageEvent.isWhatIsStored: false -> true"],
    reason: "so do its frames of messages that hooks have added to",
  },
  {
    scenarios: ["text of a hook to a message", BLOCKED_AND_MORE],
    at: ["log.* HookExecutionEvent.message_id: *"],
    reason: "the record names the message that is stored, not one that was never stored",
  },
  {
    scenarios: [BLOCKED],
    at: ["log.Condensation: absent -> *", "frames.Condensation: absent -> *", "log.* *.parent_id: *"],
    reason: "the model never sees a blocked message, where the reference shows it with the next one",
  },
  {
    scenarios: [BLOCKED_AND_MORE],
    at: [
      "log.*",
      "frames.*",
      "*.leaf_event_id: *",
      "*.blocked_messages.*",
      "state.stats.*",
      "stats: *",
      "info.stats.*",
    ],
    reason:
      "the message is blocked: the reference records the id of another message, so that the agent works on this one",
  },
  {
    scenarios: STOPS,
    at: [
      "log.ConversationStateUpdateEvent execution_status: *",
      "frames.ConversationStateUpdateEvent execution_status: *",
    ],
    reason:
      "a conversation is finished once its hooks have agreed: clients that wait for the end would leave too early",
  },
  {
    scenarios: [ALWAYS_REFUSED],
    at: ["log.*", "frames.*", "*.execution_status: *", "*.leaf_event_id: *"],
    reason:
      "hooks are asked about the last step too: the reference reports success without asking them where no step is left",
  },
  {
    scenarios: [GUARDS],
    at: ["log.*", "frames.*", "*.leaf_event_id: *"],
    reason:
      "a guard that gives no answer refuses: a wrong path, or input made to hang it, must not switch it off",
  },
  {
    scenarios: ["a model that judges as a hook"],
    at: ["log.* HookExecutionEvent.reason: *"],
    reason: "our own words",
  },
];
