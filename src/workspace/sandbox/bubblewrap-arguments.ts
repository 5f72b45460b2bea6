import { lstatSync, readlinkSync } from "node:fs";
import type { ResolvedSandbox } from "./sandbox-options.ts";

/** A folder of the machine as a sandbox shows it. */
export interface Mount {
  /** Absolute path on the machine and in the sandbox. */
  path: string;
  isWritable: boolean;
}

/** The parts of a sandbox. */
export interface SandboxPlan extends Pick<ResolvedSandbox, "network" | "limits"> {
  /** In order: a later one covers what an earlier one shows at its path. */
  mounts: readonly Mount[];
}

/** Folders of programs and libraries; on many systems some of them are links into /usr. */
const SYSTEM = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];

/**
 * Files that programs need of /etc: no passwords, private keys or settings of services, which a server run by root
 * could read.
 */
const ETC = [
  ...[
    "passwd",
    "group",
    "nsswitch.conf",
    "hosts",
    "host.conf",
    "gai.conf",
    "resolv.conf",
    "protocols",
    "services",
  ],
  ...[
    "ssl/certs",
    "ssl/openssl.cnf",
    "ca-certificates",
    "pki/ca-trust",
    "pki/tls/certs",
    "pki/tls/cert.pem",
    "crypto-policies",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
  ],
  ...[
    "alternatives",
    "localtime",
    "timezone",
    "os-release",
    "debian_version",
    "bash.bashrc",
    "inputrc",
    "terminfo",
  ],
  ...["mime.types", "magic", "fonts", "python3", "perl", "java-17-openjdk", "java-21-openjdk"],
].map((name) => `/etc/${name}`);

/**
 * Parts of /proc that change the machine. Where the server runs as root, they belong to the user of the programs, who
 * needs no capability to write to them: a new `core_pattern` would start a program outside.
 */
const SETTINGS = ["/proc/sys", "/proc/sysrq-trigger", "/proc/acpi", "/proc/scsi", "/proc/fs", "/proc/mtrr"];

/** Bytes of a temporary file system where no limit says it. */
const DEFAULT_SCRATCH = 1024 ** 3;

/** The arguments of bubblewrap before the program. Folders of the system that are missing are left out. */
export function bubblewrapArguments({ network, limits, mounts }: SandboxPlan): string[] {
  const scratch = String(limits.memoryBytes === null ? DEFAULT_SCRATCH : Math.ceil(limits.memoryBytes / 4));
  return [
    ...["--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"],
    ...(network === "none" ? ["--unshare-net"] : []),
    ...["--disable-userns", "--cap-drop", "ALL", "--die-with-parent"],
    ...SYSTEM.flatMap(systemFolder),
    ...ETC.flatMap((path) => ["--ro-bind-try", path, path]),
    ...["--proc", "/proc", ...SETTINGS.flatMap((path) => ["--ro-bind-try", path, path])],
    ...["--dev", "/dev"],
    ...["--perms", "1777", "--size", scratch, "--tmpfs", "/dev/shm", "--remount-ro", "/dev"],
    ...["--perms", "1777", "--size", scratch, "--tmpfs", "/tmp"],
    ...mounts.flatMap(({ path, isWritable }) => [isWritable ? "--bind" : "--ro-bind", path, path]),
    ...["--remount-ro", "/", "--chdir", "/", "--"],
  ];
}

function systemFolder(path: string): string[] {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined) return [];
  return status.isSymbolicLink() ? ["--symlink", readlinkSync(path), path] : ["--ro-bind", path, path];
}
