import { runAgent } from "./loop/run.ts";
import type { Runners } from "./runner.ts";

/**
 * The kinds of agents that need nothing else: the built-in loop. It comes with what opens conversations, not with a
 * start of the server, and not with the first run: a run shows as running in the moment in which it begins.
 */
export const BUILT_IN_RUNNERS: Runners = { Agent: () => ({ run: runAgent }) };
