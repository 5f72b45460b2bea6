/** The state of a conversation's machine. A missing one starts when it is used. */
export type MachineState =
  | { status: "available" | "starting" }
  | {
      status: "missing";
      /** False for one that is gone for good. Default: true. */
      canResume?: boolean;
    }
  | {
      status: "error";
      /** Why it could not be started, in words. */
      message: string;
    };

/** Limits that a start request asks for. Left out: those of the host. */
export interface MachineLimits {
  /** Bytes of memory. */
  memoryBytes?: number;
  /** Processors. */
  cpus?: number;
}

/** A server as the machines of its conversations see it. */
export interface MachinesHost {
  /** Absolute path of the folder that the data folders of conversations lie in. Made when missing. */
  stateFolder: string;
  /** The ids among these, dashed UUIDs, of conversations that exist. */
  existing(conversationIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** Called with failures of work that no caller waits for. */
  onError(error: unknown): void;
}

/** The machines of one server, which stay when the workspaces on them are closed. Ids are dashed UUIDs. */
export interface Machines {
  /** The state of a conversation's machine, as far as it is known here. */
  stateOf(conversationId: string): MachineState;
  /** The same, as it is found now. */
  look(conversationId: string): Promise<MachineState>;
  /** Ends everything on a machine. The next use starts it again; files in mounted folders stay. */
  stop(conversationId: string): Promise<void>;
  /** Removes the machine of a conversation that was removed. */
  remove(conversationId: string): Promise<void>;
  /** Stops the machines that this server has used. */
  close(): Promise<void>;
}

/** Care of machines that outlive the workspaces on them. */
export interface MachineKind {
  /** Its name in start requests and `/server_info`. `local` where the host has machines of its choice. */
  readonly runtime: "docker" | "local";
  /** Begins to care for the machines of a server: those of removed conversations are removed. */
  serve(host: MachinesHost): Machines;
  /** The fault of limits that the host does not allow, by the name of one of them. undefined for allowed ones. */
  fault(limits: MachineLimits): { name: keyof MachineLimits; allowed: string } | undefined;
}
