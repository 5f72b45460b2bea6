import { AgentServerError } from "../../errors.ts";
import type { BackendLogs, BackendStatus } from "../../wire/extensions/canvas.ts";
import type { ExtensionPlace } from "../place.ts";
import { AppBackend } from "./app-backend.ts";
import type { AppNetwork } from "./app-network.ts";
import { readApproval, voidApproval, writeApproval } from "./approval.ts";
import { type ArtifactLimits, unpackArtifact } from "./artifact.ts";
import { backendFolders, isFolder } from "./backend-folders.ts";
import { backendStart, type StartRequest } from "./backend-start.ts";
import { type InstalledApp, installedApp } from "./installed-app.ts";
import { Turns } from "./turns.ts";

/** Bounds of the back ends of a server. */
export interface AppBackendLimits extends ArtifactLimits {
  /** Back ends that run at a time. */
  maxRunning: number;
}

const GIB = 1024 ** 3;

const LIMITS: AppBackendLimits = {
  maxDownloadBytes: GIB,
  downloadTimeout: 120_000,
  maxUnpackedBytes: 4 * GIB,
  maxEntries: 100_000,
  maxRunning: 32,
};

export interface AppBackendsOptions {
  place(): Promise<ExtensionPlace>;
  network: AppNetwork;
  limits?: Partial<AppBackendLimits>;
}

/**
 * The back ends of extensions: programs that users have approved by a revision. They run where the routes of the server
 * work, in a sandbox where that is one, and end with the server, also when it is killed.
 */
export class AppBackends {
  readonly #options: AppBackendsOptions;
  readonly #limits: AppBackendLimits;
  readonly #backends = new Map<string, AppBackend>();
  readonly #turns = new Turns();
  /** Pending installations and starts. One kind waits for the end of the other. */
  #replacing = 0;
  #starting = 0;
  #isClosed = false;

  constructor(options: AppBackendsOptions) {
    this.#options = options;
    this.#limits = { ...LIMITS, ...options.limits };
  }

  /** The port of a back end that is ready. null for any other. */
  readyPort(name: string): number | null {
    return this.#backends.get(name)?.readyPort ?? null;
  }

  async status(name: string): Promise<BackendStatus> {
    const place = await this.#options.place();
    return this.#turns.take(name, async () => {
      await this.#backends.get(name)?.refresh();
      return this.#statusOf(place, name, await this.#installed(place, name));
    });
  }

  /**
   * Has the archive of a revision verified and unpacked, so that it may be started.
   *
   * @throws AgentServerError `conflict` for another revision than the installed one, and for a faulty archive
   */
  async prepare(name: string, revision: string): Promise<BackendStatus> {
    const place = await this.#options.place();
    return this.#turns.take(name, async () => {
      const installed = await this.#installed(place, name);
      if (installed.state !== "runnable") return this.#statusOf(place, name, installed);
      if (revision !== installed.revision)
        throw conflict("approval revision does not match installed revision");
      const approval = await readApproval(place, name);
      if (approval?.revision === revision && (await isFolder(place, approval.artifact_dir)))
        return this.#statusOf(place, name, installed);
      if (this.#backends.get(name)?.isRunning)
        throw conflict("stop the backend before another revision is prepared");
      const { artifact, platform } = installed.app;
      const { network } = this.#options;
      const folder = await unpackArtifact({ place, network, name, artifact, limits: this.#limits });
      await writeApproval(place, name, {
        ...{ revision, platform, artifact_sha256: artifact.sha256, artifact_dir: folder },
      });
      return this.#statusOf(place, name, installed);
    });
  }

  /**
   * Starts what is prepared, and waits until it is healthy or is not going to be. Other callers see it start meanwhile,
   * and may stop it.
   *
   * @throws AgentServerError `conflict` for a revision that is not prepared, and while another one runs
   */
  async start(name: string, revision: string): Promise<BackendStatus> {
    const place = await this.#options.place();
    const start = await this.#turns.take(name, async () => {
      const installed = await this.#installed(place, name);
      if (installed.state !== "runnable") return undefined;
      const known = this.#backends.get(name);
      if (known?.isRunning) {
        if (known.revision !== revision) throw conflict("a different backend revision is already running");
        if (known.state === "starting") return { settled: known.settled };
        await known.refresh();
        return undefined;
      }
      if (revision !== installed.revision)
        throw conflict("approval revision does not match installed revision");
      await this.#begin({ place, network: this.#options.network, name, revision, app: installed.app });
      return { settled: this.#backends.get(name)?.settled };
    });
    await start?.settled;
    return this.#turns.take(name, async () => {
      const backend = this.#backends.get(name);
      // What a failed start has left is ended. One that has only answered late goes on.
      if (start !== undefined && backend?.state === "unhealthy") await backend.end();
      return this.#statusOf(place, name, await this.#installed(place, name));
    });
  }

  /** Ends the back end, if it runs. */
  async stop(name: string): Promise<BackendStatus> {
    const place = await this.#options.place();
    return this.#turns.take(name, async () => {
      await this.#backends.get(name)?.stop();
      return this.#statusOf(place, name, await this.#installed(place, name));
    });
  }

  /** The last bytes of what it has written since it was last started. */
  logs(name: string, limit: number): BackendLogs {
    return this.#backends.get(name)?.logs(name, limit) ?? { name, logs: "", truncated: false };
  }

  /** Removes the files of a back end. @throws AgentServerError `conflict` while it runs */
  async deleteData(name: string): Promise<BackendStatus> {
    const place = await this.#options.place();
    return this.#turns.take(name, async () => {
      if (this.#backends.get(name)?.isRunning) throw conflict("stop the backend before deleting its data");
      await place.workspace.files.remove(backendFolders(place, name).data, { recursive: true });
      return this.#statusOf(place, name, await this.#installed(place, name));
    });
  }

  /**
   * Does an installation that may replace files of back ends. None runs meanwhile.
   *
   * @throws AgentServerError `conflict` while one runs
   */
  async whileStopped<T>(install: () => Promise<T>): Promise<T> {
    if (this.#running > 0) throw conflict("Stop running Canvas App backends before a forced install");
    this.#replacing += 1;
    try {
      return await install();
    } finally {
      this.#replacing -= 1;
    }
  }

  /** Voids what was prepared: the files are other ones. */
  async renew(name: string): Promise<void> {
    const place = await this.#options.place();
    await this.#turns.take(name, () => voidApproval(place, name));
  }

  /** Removes what was unpacked for an extension that is gone. Its data stays. */
  async forget(name: string): Promise<void> {
    const place = await this.#options.place();
    await this.#turns.take(name, async () => {
      await this.#backends.get(name)?.stop();
      await place.workspace.files.remove(backendFolders(place, name).artifacts, { recursive: true });
      this.#backends.delete(name);
    });
  }

  /** Ends all of them. None is started any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const names = [...this.#backends.keys()];
    await Promise.all(
      names.map((name) => this.#turns.take(name, async () => this.#backends.get(name)?.stop())),
    );
  }

  #backend(name: string): AppBackend {
    const known = this.#backends.get(name) ?? new AppBackend();
    this.#backends.set(name, known);
    return known;
  }

  async #begin(request: StartRequest): Promise<void> {
    if (this.#isClosed) throw conflict("the server is closing");
    if (this.#replacing > 0)
      throw conflict("an installation is pending: start the backend when it has ended");
    const running = this.#running;
    if (running >= this.#limits.maxRunning)
      throw conflict(`${running} backends run, which is the limit: stop one of them`);
    this.#starting += 1;
    try {
      const start = await backendStart(request);
      const backend = this.#backend(request.name);
      if (start !== null) return await backend.begin(start);
      await backend.end();
      backend.fail("backend executable must be an executable regular file inside the prepared artifact");
    } finally {
      this.#starting -= 1;
    }
  }

  /** Back ends that run or are about to. */
  get #running(): number {
    return this.#starting + [...this.#backends.values()].filter(({ isRunning }) => isRunning).length;
  }

  #installed(place: ExtensionPlace, name: string): Promise<InstalledApp> {
    return installedApp(place, name, this.#options.network.platform);
  }

  async #statusOf(place: ExtensionPlace, name: string, installed: InstalledApp): Promise<BackendStatus> {
    const backend = this.#backends.get(name);
    const approval = await readApproval(place, name);
    const isHere = place.workspace.info.kind === "local";
    const seen =
      installed.state === "runnable"
        ? { state: backend?.state ?? "stopped", detail: backend?.detail ?? null }
        : { state: installed.state, detail: installed.detail };
    return {
      ...{ name, ...seen, revision: installed.revision, prepared_revision: approval?.revision ?? null },
      // The processes of a sandbox have numbers that mean nothing outside.
      pid: isHere ? (backend?.pid ?? null) : null,
      port: backend?.port ?? null,
    };
  }
}

function conflict(detail: string): AgentServerError {
  return new AgentServerError("conflict", detail);
}
