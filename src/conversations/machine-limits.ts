import { AgentServerError } from "../errors.ts";
import type { StartConversationRequest } from "../wire/conversation-request.ts";
import type { MachineKind, MachineLimits } from "../workspace/machines.ts";

/** Powers of 1024 by the letter of a unit, as docker reads them. */
const UNITS = ["b", "k", "m", "g", "t", "p"];

type Container = StartConversationRequest["container"];

/** The limits that a start request names. Stored conversations of older servers may have none. */
export function machineLimits(container: Container | undefined): MachineLimits {
  const { memory = null, cpus = null } = container ?? {};
  return {
    ...(memory !== null && { memoryBytes: bytesOf(memory) }),
    ...(cpus !== null && { cpus }),
  };
}

/** Checks the limits of a start request. Throws `unprocessable` for what the host does not allow. */
export function checkMachineLimits(container: Container, kind: MachineKind | undefined): void {
  const fault = kind?.fault(machineLimits(container));
  if (fault === undefined) return;
  const field = fault.name === "memoryBytes" ? "memory" : "cpus";
  const asked = JSON.stringify(container?.[field]);
  throw new AgentServerError(
    "unprocessable",
    `container.${field}: asks for ${asked}, but this server allows ${fault.allowed}`,
  );
}

function bytesOf(size: string): number {
  const [, number = "", unit = ""] = /^([\d.]+) ?([a-z]?)/i.exec(size) ?? [];
  const power = Math.max(0, UNITS.indexOf(unit.toLowerCase()));
  return Math.floor(Number(number) * 1024 ** power);
}
