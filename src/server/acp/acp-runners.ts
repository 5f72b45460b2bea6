import type { AcpServerOptions } from "../../acp/launch/acp-host.ts";
import type { RunnerFactory } from "../../agent/runner.ts";

/** Makes runners of agents that are other programs. The protocol is loaded with the first one. */
export function acpRunners(options: AcpServerOptions): RunnerFactory {
  return async (host) => {
    const { AcpRunner } = await import("../../acp/acp-runner.ts");
    return new AcpRunner(host, options);
  };
}
