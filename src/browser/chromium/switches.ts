/** Switches that keep the browser to the pages it is asked for, and to the proxy of its conversation. */
const SWITCHES = [
  "--headless",
  "--remote-debugging-pipe",
  "--no-startup-window",
  "--no-first-run",
  "--no-default-browser-check",
  "--no-service-autorun",
  "--mute-audio",
  "--hide-scrollbars",
  "--password-store=basic",
  "--use-mock-keychain",
  // /dev/shm of containers is small, and a full one crashes pages.
  "--disable-dev-shm-usage",
  "--disable-background-networking",
  "--disable-background-timer-throttling",
  "--disable-backgrounding-occluded-windows",
  "--disable-renderer-backgrounding",
  "--disable-breakpad",
  "--disable-client-side-phishing-detection",
  "--disable-component-extensions-with-background-pages",
  "--disable-component-update",
  "--disable-default-apps",
  "--disable-domain-reliability",
  "--disable-extensions",
  "--disable-hang-monitor",
  "--disable-search-engine-choice-screen",
  "--disable-sync",
  "--metrics-recording-only",
  // A page from the back-forward cache never says that it has loaded.
  "--disable-features=BackForwardCache,AutofillServerCommunication,DialMediaRouteProvider,HttpsUpgrades,InterestFeedContentSuggestions," +
    "MediaRouter,OptimizationHints,PaintHolding,Translate",
  // Every conversation has a separate proxy. What belongs to none has no way out.
  "--proxy-server=http://127.0.0.1:9",
  "--proxy-bypass-list=<-loopback>",
  // Whatever would pass the proxies by resolves no name and reaches no address.
  "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
  "--disable-quic",
  "--webrtc-ip-handling-policy=disable_non_proxied_udp",
  "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
] as const;

export interface SwitchOptions {
  /** Absolute path of a folder that the browser has for itself. */
  profile: string;
  /** Whether pages run in Chromium's own sandbox. */
  sandbox: boolean;
}

export function switchesFor({ profile, sandbox }: SwitchOptions): string[] {
  return [...SWITCHES, ...(sandbox ? [] : ["--no-sandbox"]), `--user-data-dir=${profile}`];
}
