import { constants } from "node:fs";
import { writeFile } from "node:fs/promises";
import { makeFolder } from "../local/make-folder.ts";
import { parentOf } from "../paths.ts";
import { WorkspaceError } from "../workspace-error.ts";
import { type Engine, isMissing, saidBy } from "./engine.ts";

/** How a container is made. */
export interface ContainerPlan {
  /** Name of the container: the same for the same conversation, folders and limits. */
  name: string;
  /** The server's conversations that it belongs to. */
  owner: string;
  /** Hexadecimal id of the conversation. "machine" for routes that belong to none. */
  conversation: string;
  /** Arguments of the engine's `run`. */
  runArguments: readonly string[];
  /** Absolute path of the file that the container's first process watches. */
  aliveFile: string;
  /** Milliseconds. */
  timing: { idle: number; beat: number; start: number };
  /** Whether a stopped container is removed, because nothing in it is worth keeping. */
  isRemovedWhenStopped: boolean;
}

/** The state of a container as far as this server knows it. */
export type ContainerState =
  | { status: "missing" | "starting" | "available" }
  | { status: "error"; message: string };

/** Milliseconds after which a running container is looked at again before it is used. */
const TRUSTED = 5000;

/**
 * One container, which starts when it is first used and stops when it has not been used for a while. It lives as long
 * as this server changes its file.
 */
export class Container {
  readonly plan: ContainerPlan;
  readonly #engine: Engine;
  readonly #left: () => void;
  #state: ContainerState = { status: "missing" };
  #users = 0;
  #verifiedAt = Number.NEGATIVE_INFINITY;
  #starting: Promise<void> | null = null;
  #stopping: Promise<void> | null = null;
  /** Whether the end in progress, or the next one, removes the container. */
  #isRemoved = false;
  #idle: NodeJS.Timeout | undefined;
  #beat: NodeJS.Timeout | undefined;

  /** `left` is called when the container has stopped and is not held. */
  constructor(plan: ContainerPlan, engine: Engine, left: () => void) {
    this.plan = plan;
    this.#engine = engine;
    this.#left = left;
  }

  get state(): ContainerState {
    return this.#state;
  }

  get isUsed(): boolean {
    return this.#users > 0;
  }

  /** Keeps the container from stopping. Returns a function that ends this. */
  hold(): () => void {
    clearTimeout(this.#idle);
    this.#users += 1;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#users -= 1;
      if (this.#users > 0) return;
      this.#idle = setTimeout(() => void this.#endIdle(), this.plan.timing.idle).unref();
    };
  }

  /**
   * Resolves when the container runs, which it starts if need be.
   *
   * @throws WorkspaceError `unavailable` when it cannot be started.
   */
  async ready(): Promise<void> {
    await this.#stopping;
    if (performance.now() - this.#verifiedAt < TRUSTED) return;
    this.#starting ??= this.#start().finally(() => {
      this.#starting = null;
    });
    await this.#starting;
  }

  /** Whether the container runs, as its engine says now. Rejects when the engine does not answer. */
  async isRunning(): Promise<boolean> {
    const found = await this.#find();
    if (found !== "running") this.#lose();
    return found === "running";
  }

  /** Ends the container and every process in it at once. Never rejects. */
  async kill(): Promise<void> {
    this.#lose();
    await this.#engine.run(["kill", "--signal", "KILL", this.plan.name]).catch(() => {});
  }

  /** Stops the container, even while it is used. Never rejects. */
  stop(): Promise<void> {
    return this.#end(this.plan.isRemovedWhenStopped);
  }

  /** Removes the container with everything in it. Never rejects. */
  remove(): Promise<void> {
    return this.#end(true);
  }

  /** One end at a time: a second one, by name, could end the container that came after the first. */
  #end(isRemoved: boolean): Promise<void> {
    clearTimeout(this.#idle);
    this.#isRemoved ||= isRemoved;
    this.#stopping ??= this.#endNow();
    return this.#stopping;
  }

  async #endNow(): Promise<void> {
    await this.#starting?.catch(() => {});
    await this.kill();
    if (this.#isRemoved) await this.#engine.run(removal(this.plan.name)).catch(() => {});
    this.#isRemoved = false;
    this.#stopping = null;
    if (this.#users === 0) this.#left();
  }

  async #endIdle(): Promise<void> {
    if (this.#users === 0) await this.stop();
  }

  async #start(): Promise<void> {
    const isNew = this.#state.status !== "available";
    if (isNew) this.#state = { status: "starting" };
    try {
      await this.#keepAlive();
      await this.#run();
      this.#state = { status: "available" };
      this.#verifiedAt = performance.now();
    } catch (error) {
      this.#lose();
      const message = error instanceof Error ? error.message : String(error);
      this.#state = { status: "error", message };
      throw error;
    }
  }

  async #run(): Promise<void> {
    const { name, runArguments, timing } = this.plan;
    const found = await this.#find();
    if (found === "running") return;
    if (found === "stopped") {
      const started = await this.#engine.run(["start", name], timing.start);
      if (started.exitCode === 0) return;
      await this.#engine.run(removal(name), timing.start);
    }
    const made = await this.#engine.run(runArguments, timing.start);
    if (made.exitCode === 0) return;
    // Another server that shares the conversations may have made it a moment ago.
    if ((await this.#find().catch(() => "missing")) === "running") return;
    await this.#engine.run(removal(name)).catch(() => {});
    throw new WorkspaceError(
      "unavailable",
      `The container of the conversation cannot be started: ${saidBy(made)}`,
    );
  }

  async #find(): Promise<"running" | "stopped" | "missing"> {
    const format = ["--format", "{{.State.Running}}"];
    const result = await this.#engine.run(["container", "inspect", ...format, this.plan.name]);
    if (result.exitCode === 0) return result.stdout.trim() === "true" ? "running" : "stopped";
    if (isMissing(result)) return "missing";
    this.#lose();
    throw new WorkspaceError(
      "unavailable",
      `${this.#engine.name} cannot say how the container of the conversation is: ${saidBy(result)}`,
    );
  }

  /** Forgets that the container runs. */
  #lose(): void {
    clearInterval(this.#beat);
    this.#beat = undefined;
    this.#verifiedAt = Number.NEGATIVE_INFINITY;
    if (this.#state.status === "available") this.#state = { status: "missing" };
  }

  async #keepAlive(): Promise<void> {
    const { aliveFile, timing } = this.plan;
    await makeFolder(parentOf(aliveFile), 0o700);
    await this.#touch();
    this.#beat ??= setInterval(() => void this.#touch().catch(() => {}), timing.beat).unref();
  }

  /**
   * Writes in place: emptied first, the file would stay empty on a full disk, and the container end for lack of a beat.
   */
  #touch(): Promise<void> {
    const flag = constants.O_WRONLY | constants.O_CREAT;
    return writeFile(this.plan.aliveFile, `${Date.now()}\n`, { mode: 0o600, flag });
  }
}

/** The arguments that remove a container, running or not, with the volumes of its image. */
export function removal(name: string): string[] {
  return ["rm", "--force", "--volumes", name];
}
