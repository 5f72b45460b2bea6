import { describeHost } from "./behaviours.ts";
import { HOSTS } from "./hosts.ts";

for (const host of HOSTS) describeHost(host);
