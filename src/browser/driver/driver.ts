import type { Browser } from "playwright-core";
import { BrowserFailure } from "../failure.ts";
import { Calls, type Message, type Port } from "./calls.ts";
import { DrivenContext } from "./driven-context.ts";
import type { ContextHost, ContextName, DriverFunctions, ServerFunctions } from "./driver-functions.ts";
import { PipeTransport } from "./pipe-transport.ts";

/** Drives a browser, in a thread: the library that does so, and the pages of all conversations. */
export class Driver {
  readonly #server: Calls<ServerFunctions>;
  readonly #transport: PipeTransport;
  readonly #contexts = new Map<number, DrivenContext>();
  #browser: Browser | null = null;

  constructor(port: Port) {
    this.#server = new Calls(port, { ...this.#functions() });
    this.#transport = new PipeTransport({
      write: (text) => this.#server.tell("send", text),
      end: () => this.#server.tell("disconnected", null),
    });
  }

  take(message: Message): void {
    this.#server.take(message);
  }

  #functions(): DriverFunctions {
    return {
      connect: async ({ downloads, timeout }) => {
        const { chromium } = await import("playwright-core");
        const options = { artifactsDir: downloads, timeout };
        this.#browser = await chromium.connectOverCDP(this.#transport, options);
        this.#browser.on("disconnected", () => this.#server.tell("disconnected", null));
        return this.#browser.version();
      },
      receive: (chunk) => this.#transport.receive(chunk),
      open: async ({ context, proxy, folder }) => {
        if (this.#browser === null) throw new BrowserFailure("The browser has not started.");
        const host = this.#hostOf(context);
        const open = await DrivenContext.open({ browser: this.#browser, proxy, folder, host });
        this.#contexts.set(context, open);
      },
      run: ({ context, verb, input }) => this.#context(context).verbs[verb](input as never),
      stopLoading: ({ context }) => this.#context(context).verbs.stopLoading(),
      arrived: ({ context }) => this.#context(context).arrived(),
      close: async ({ context }) => {
        const open = this.#context(context);
        this.#contexts.delete(context);
        await open.close();
      },
    };
  }

  #context(name: number): DrivenContext {
    const context = this.#contexts.get(name);
    if (context === undefined) throw new BrowserFailure("The browser of this conversation is closed.");
    return context;
  }

  #hostOf(context: ContextName["context"]): ContextHost {
    const server = this.#server;
    return {
      note: (input) => server.tell("host", { context, name: "note", input }),
      bring: (input) => server.call("host", { context, name: "bring", input }) as Promise<void>,
      upload: (input) => server.call("host", { context, name: "upload", input }) as Promise<string[]>,
      recordingFolder: () =>
        server.call("host", { context, name: "recordingFolder", input: undefined }) as Promise<string>,
      writeRecording: (input) =>
        server.call("host", { context, name: "writeRecording", input }) as Promise<void>,
      failureOf: (input) =>
        server.call("host", { context, name: "failureOf", input }) as Promise<string | undefined>,
    };
  }
}
