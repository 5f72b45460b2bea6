import { type MachineState, sandboxWorkspaces } from "agent-server";
import { expect, it } from "vitest";
import { runtimeElsewhere, toRuntimeInfo } from "../../../src/conversations/runtime-info.ts";

const ID = "6f1f2c52-58bb-4ff0-8baf-04e0e1c9a001";

const shown = (runtime_status: string, can_resume = true, runtime_error: object | null = null) => ({
  runtime_status,
  can_resume,
  runtime_error,
});

it("a conversation that is bound to a machine is missing while no server of that is there", () => {
  const about = { isMachineThere: (machine: string) => machine === "east", isLost: () => false };
  expect(runtimeElsewhere({ id: ID, machine: "west" }, about)).toEqual(shown("missing"));
  expect(runtimeElsewhere({ id: ID, machine: "east" }, about)).toBeUndefined();
  expect(runtimeElsewhere({ id: ID }, about)).toBeUndefined();
});

it("a conversation that another server may have by now is lost, wherever it may run", () => {
  const about = { isMachineThere: () => true, isLost: (id: string) => id === ID };
  expect(runtimeElsewhere({ id: ID, machine: "east" }, about)).toEqual(shown("ownership_lost"));
  expect(runtimeElsewhere({ id: ID }, about)).toEqual(shown("ownership_lost"));
});

it("each state of a sandbox has its words, as the host that makes them tells it", async () => {
  const states: [MachineState, object][] = [
    [{ status: "available" }, shown("available")],
    [{ status: "starting" }, shown("starting")],
    // Paused: it starts when it is used.
    [{ status: "missing" }, shown("missing")],
    [{ status: "missing", canResume: false }, shown("missing", false)],
    [
      { status: "error", message: "no room" },
      shown("error", true, { code: "start_failed", message: "no room" }),
    ],
  ];
  for (const [state, info] of states) {
    const machines = serve({ open: () => ({ host: "http://127.0.0.1:1" }), look: () => state });
    expect(toRuntimeInfo(await machines.look(ID))).toEqual(info);
    expect(toRuntimeInfo(machines.stateOf(ID))).toEqual(info);
  }
});

it("a sandbox that its host cannot make is an error with the host's words, until it can", async () => {
  let isFull = true;
  const workspace = sandboxWorkspaces({
    open() {
      if (isFull) throw new Error("the cluster is full");
      return { host: "http://127.0.0.1:1", patience: 100 };
    },
  });
  const machines = workspace.machines?.serve(HOST);
  const spec = { conversationId: ID, workingDir: "/", dataDir: "/", requested: {} };
  const opening = async () => workspace(spec);
  await expect(opening()).rejects.toThrow("There is no sandbox: the cluster is full");
  expect(machines?.stateOf(ID)).toEqual({ status: "error", message: "the cluster is full" });
  isFull = false;
  await expect(opening()).rejects.toThrow(/127\.0\.0\.1:1 cannot be used/);
  expect(machines?.stateOf(ID)).toMatchObject({
    status: "error",
    message: expect.stringMatching(/cannot be used/),
  });
});

it("the sandbox of a removed conversation is removed by its host", async () => {
  const removed: (string | null)[] = [];
  const machines = serve({
    open: () => ({ host: "http://127.0.0.1:1" }),
    remove: ({ id }) => void removed.push(id),
  });
  await machines.remove(ID);
  expect(removed).toEqual([ID]);
});

it("an address that cannot be one is refused before any conversation", () => {
  expect(() => sandboxWorkspaces({ address: "sandbox-{conversation_id}" })).toThrow(/host: must be an http/);
});

const HOST = { stateFolder: "/nowhere", existing: async () => new Set<string>(), onError: () => {} };

function serve(host: Parameters<typeof sandboxWorkspaces>[0]) {
  const machines = sandboxWorkspaces(host).machines?.serve(HOST);
  if (machines === undefined) throw new Error("sandboxes are machines");
  return machines;
}
