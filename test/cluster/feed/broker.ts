import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";

const PATHS = {
  redis: ["/usr/bin/redis-server", "/usr/local/bin/redis-server"],
  nats: ["/usr/sbin/nats-server", "/usr/bin/nats-server", "/usr/local/bin/nats-server"],
};

/** The program of a broker, where Debian or its makers put it. */
export function brokerPath(name: keyof typeof PATHS): string | undefined {
  const path = PATHS[name].find((candidate) => existsSync(candidate));
  if (path === undefined) {
    process.stderr.write(`\n!!! The feed over ${name} is NOT tested: apt-get install ${name}-server\n\n`);
  }
  return path;
}

/** A broker on a port of this machine, which can be killed and started again. */
export class Broker implements AsyncDisposable {
  readonly port: number;
  readonly #command: readonly string[];
  readonly #folder: string;
  #process: ChildProcess | undefined;

  private constructor(command: readonly string[], port: number) {
    this.#command = command;
    this.port = port;
    this.#folder = mkdtempSync(join(tmpdir(), "agent-server-broker-"));
  }

  static async start(program: string): Promise<Broker> {
    const port = await freePort();
    const [address, number] = ["127.0.0.1", String(port)];
    const options = program.includes("redis")
      ? ["--bind", address, "--port", number, "--save", "", "--appendonly", "no"]
      : ["-a", address, "-p", number];
    const broker = new Broker([program, ...options], port);
    await broker.start();
    return broker;
  }

  async start(): Promise<void> {
    const [program = "", ...options] = this.#command;
    this.#process = spawn(program, options, { cwd: this.#folder, stdio: "ignore" });
    await expect.poll(() => answers(this.port), { timeout: 30_000 }).toBe(true);
  }

  async kill(): Promise<void> {
    const process = this.#process;
    if (process === undefined || process.exitCode !== null || process.signalCode !== null) return;
    const ended = new Promise((resolve) => process.once("exit", resolve));
    process.kill("SIGKILL");
    await ended;
  }

  /** Returns in the same turn, when the broker is gone and its clients could not see it yet. */
  killUnnoticed(): void {
    const pid = this.#process?.pid;
    if (pid === undefined) return;
    process.kill(pid, "SIGKILL");
    while (existsSync(`/proc/${pid}/fd/0`)) spin();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function spin(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("close", () => socket.destroy());
    socket.once("connect", () => socket.destroy());
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
