import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { startObedientModel } from "../clients/obedient-model.ts";
import { NO_CONTAINERS } from "../workspace/container/open-container.ts";
import { CAREFUL, type Container, KEY, startContainer } from "./container.ts";
import { buildImage, IMAGE, openToContainers, podman, RUN_OPTIONS, tryPodman } from "./podman.ts";

beforeAll(async () => {
  if (NO_CONTAINERS === undefined) await buildImage();
}, 1_800_000);

interface Info {
  id: string;
  execution_status: string;
}

/** A model that does what messages say, as containers reach it. */
async function openModel() {
  const model = await startObedientModel();
  const relay = await openToContainers(model.url);
  onTestFinished(async () => {
    await relay[Symbol.asyncDispose]();
    await model.close();
  });
  return relay.url;
}

/** Starts a conversation whose agent follows the orders. */
async function converse(container: Container, orders: object[], folder = "workspace/project"): Promise<Info> {
  return (await container.ask("/api/conversations", {
    agent: {
      llm: { model: "openai/scripted", base_url: await openModel(), api_key: "model-key", num_retries: 0 },
      tools: [{ name: "terminal" }],
    },
    workspace: { working_dir: folder },
    initial_message: { content: [{ type: "text", text: JSON.stringify(orders) }] },
  })) as Info;
}

/** The check of the image, as an engine runs it. */
function healthcheck(): string[] {
  const [image] = JSON.parse(podman("image", "inspect", IMAGE)) as [{ Healthcheck: { Test: string[] } }];
  const [kind, ...argv] = image.Healthcheck.Test;
  expect(kind).toBe("CMD");
  return argv;
}

const command = (text: string) => ({ calls: [["terminal", { command: text }]] });

async function statusOf(container: Container, id: string): Promise<string> {
  return ((await container.ask(`/api/conversations/${id}`)) as Info).execution_status;
}

/** Everything that the terminal of a conversation has printed. */
async function printed(container: Container, id: string): Promise<string> {
  const { items } = (await container.ask(`/api/conversations/${id}/events/search?limit=100`)) as {
    items: { kind: string; observation?: { content: { text?: string }[] } }[];
  };
  const observations = items.filter(({ kind }) => kind === "ObservationEvent");
  return observations.map(({ observation }) => observation?.content[0]?.text ?? "").join("\n");
}

describe.skipIf(NO_CONTAINERS)("the image", { timeout: 300_000 }, () => {
  it("serves with a root that nothing can change, as a user without rights", async () => {
    const container = await startContainer();
    expect(container.inside(...healthcheck())).toBe("http://127.0.0.1:8000/health: 200");
    expect(await fetch(`${container.url}/api/conversations/count`)).toMatchObject({ status: 401 });
    const { id } = await converse(container, [
      command("id -u; pwd; touch /opt/agent-server/x; grep -E 'CapEff|NoNewPrivs' /proc/self/status"),
      command("git --version; rg --version | head -1; node --version"),
      { say: "done" },
    ]);
    await expect.poll(() => statusOf(container, id)).toBe("finished");
    const output = await printed(container, id);
    expect(output).toMatch(/^10001\s+\/workspace\/project$/m);
    expect(output).toContain("Read-only file system");
    expect(output).toMatch(/CapEff:\s+0000000000000000/);
    expect(output).toMatch(/NoNewPrivs:\s+1/);
    expect(output).toMatch(/git version[\s\S]*ripgrep[\s\S]*v\d+\./);
  });

  it("has nothing in it of the checkout but the package, and no development packages", () => {
    const list = podman(
      "run",
      "--rm",
      ...RUN_OPTIONS,
      "--entrypoint",
      "ls",
      IMAGE,
      "-A",
      "/opt/agent-server",
    );
    expect(list.split("\n")).toEqual(
      expect.arrayContaining(["LICENSE", "README.md", "dist", "node_modules", "package.json"]),
    );
    const packages = podman(
      ...["run", "--rm", ...RUN_OPTIONS, "--entrypoint", "ls", IMAGE, "/opt/agent-server/node_modules"],
    );
    expect(packages.split("\n")).toEqual(expect.arrayContaining(["pg", "ws", "zod"]));
    expect(packages).not.toMatch(/^(vitest|typescript|tsup|express|sharp)$/m);
  });

  it("keeps conversations and files in its volumes over a restart, and ends at a signal with 0", async () => {
    const name = `agent-server-${crypto.randomUUID()}`;
    onTestFinished(() => void tryPodman("volume", "rm", "--force", `${name}-data`, `${name}-work`));
    const volumes = ["--volume", `${name}-data:/data`, "--volume", `${name}-work:/workspace`];
    const first = await startContainer({ options: [...CAREFUL, ...volumes] });
    const { id } = await converse(first, [command("echo kept > note"), { say: "done" }]);
    await expect.poll(() => statusOf(first, id)).toBe("finished");
    expect(first.stop()).toBe(0);
    expect(first.logs()).toContain("SIGTERM: stopping");
    const second = await startContainer({ options: [...CAREFUL, ...volumes] });
    expect(await statusOf(second, id)).toBe("finished");
    expect(second.inside("cat", "/workspace/project/note")).toBe("kept");
  });

  it("ends within its time while an agent works, and the conversation can be read afterwards", async () => {
    const name = `agent-server-${crypto.randomUUID()}`;
    onTestFinished(() => void tryPodman("volume", "rm", "--force", name));
    const options = [...CAREFUL, "--volume", `${name}:/data`];
    const first = await startContainer({ options });
    const { id } = await converse(first, [command("echo begun; sleep 600"), { say: "done" }]);
    await expect.poll(() => first.inside("ps", "-eo", "args")).toContain("sleep 600");
    // 137 would be the SIGKILL of an engine that has lost its patience.
    expect(first.stop()).toBe(0);
    const second = await startContainer({ options });
    expect(await statusOf(second, id)).not.toBe("running");
  });

  it("reaps the processes that agents leave behind", async () => {
    const container = await startContainer();
    const { id } = await converse(container, [
      command("(setsid sh -c 'exec -a orphan sleep 0.1' &) ; (setsid sh -c 'touch /tmp/ended' &)"),
      { say: "done" },
    ]);
    await expect.poll(() => statusOf(container, id)).toBe("finished");
    await expect.poll(() => container.inside("ls", "/tmp")).toContain("ended");
    await expect.poll(() => container.inside("ps", "-eo", "stat,comm")).not.toMatch(/^Z/m);
    expect(container.inside("ps", "-o", "comm=", "-p", "1")).toBe("tini");
  });

  it("starts by the name and the port that runtimes of OpenHands use, at any folder", async () => {
    const container = await startContainer({
      options: [...CAREFUL, "--workdir", "/tmp", "--entrypoint", "/usr/local/bin/openhands-agent-server"],
      parameters: ["--port", "60000"],
      port: 60_000,
    });
    expect(container.inside("ps", "-o", "comm=", "-p", "1")).toBe("tini");
    expect(container.stop()).toBe(0);
  });

  it("has a home folder also where its volume comes empty, as those of Kubernetes do", async () => {
    const data = await mkdtemp(join(tmpdir(), "agent-server-volume-"));
    onTestFinished(() => rm(data, { recursive: true }));
    await chmod(data, 0o777);
    const container = await startContainer({ options: [...CAREFUL, "--volume", `${data}:/data`] });
    const { id } = await converse(container, [
      command("git config --global user.name agent && cat ~/.gitconfig"),
      { say: "done" },
    ]);
    await expect.poll(() => statusOf(container, id)).toBe("finished");
    expect(await printed(container, id)).toMatch(/name = agent/);
  });

  it("does not serve other machines without a key, and says which variable has it", () => {
    const { status, stderr } = tryPodman("run", "--rm", ...RUN_OPTIONS, IMAGE);
    expect(status).toBe(1);
    expect(stderr).toContain("OH_SESSION_API_KEYS_0");
  });

  it("does not start without the sandbox that was asked for where the engine covers parts of /proc", () => {
    const { status, stderr } = tryPodman("run", "--rm", ...RUN_OPTIONS, ...CAREFUL, IMAGE, "--sandbox");
    expect(status).toBe(1);
    expect(stderr).toContain("The sandbox was asked for and cannot be had");
  });

  it("runs agents in bubblewrap where the engine leaves /proc as it is", async () => {
    const container = await startContainer({
      options: [...CAREFUL, "--security-opt", "unmask=ALL"],
      parameters: ["--sandbox"],
    });
    const { id } = await converse(
      container,
      [
        command(`cat /proc/1/environ | grep -c ${KEY}; ls -A /data /data/conversations; pwd`),
        { say: "done" },
      ],
      "inside",
    );
    await expect.poll(() => statusOf(container, id)).toBe("finished");
    const output = await printed(container, id);
    expect(output).toMatch(/^0$/m);
    expect(output).toContain("/workspace/projects/inside");
    // Of what the server keeps, it sees its own conversation's folder alone.
    expect(output).toMatch(`/data:\nconversations\n\n/data/conversations:\n${id.replaceAll("-", "")}\n/`);
  });
});
