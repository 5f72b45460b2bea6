import { describeHost } from "./behaviours.ts";
import { HOSTS } from "./hosts.ts";
import { describeStreams } from "./streams.ts";

for (const host of HOSTS) {
  describeHost(host);
  describeStreams(host);
}
