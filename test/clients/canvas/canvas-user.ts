import type { Locator, Page } from "playwright-core";

/** One answer of the obedient model. */
export interface Order {
  say?: string;
  calls?: [tool: string, args: Record<string, unknown>][];
  fail?: number;
  delay?: number;
  pace?: number;
}

/** What a user does in Agent Canvas, and what a user sees there. */
export class CanvasUser {
  readonly page: Page;
  readonly #url: string;

  constructor(page: Page, url: string) {
    this.page = page;
    this.#url = url;
  }

  see(testId: string): Locator {
    return this.page.getByTestId(testId).filter({ visible: true });
  }

  async visit(path: string): Promise<void> {
    await this.page.goto(`${this.#url}${path}`);
  }

  async consent(): Promise<void> {
    await this.see("telemetry-consent-form").waitFor();
    await this.page.getByRole("button", { name: "Confirm preferences" }).click();
    await this.see("telemetry-consent-form").waitFor({ state: "hidden" });
  }

  /** The slides of the first run lie beside each other, so that a pointer cannot always reach their buttons. */
  async chooseAgent(): Promise<void> {
    await this.page.getByTestId("onboarding-agent-next").dispatchEvent("click");
    await this.see("onboarding-step-setup-llm").waitFor();
  }

  async setUpModel(modelUrl: string): Promise<void> {
    await this.describeModel({ model: "openai/obedient", url: modelUrl });
    await this.page.getByTestId("onboarding-llm-next").dispatchEvent("click");
    await this.see("onboarding-hello-input").waitFor();
  }

  /** Fills the form of a model. */
  async describeModel({ model, url }: { model: string; url: string }): Promise<void> {
    await this.see("sdk-section-all-toggle").click();
    await this.see("llm-custom-model-input").fill(model);
    await this.see("base-url-input").fill(url);
    await this.see("llm-api-key-input").fill("test-key");
  }

  async sayHello(message: string): Promise<void> {
    const input = this.see("onboarding-hello-input");
    await input.fill(message);
    await input.press("Enter");
    await this.page.waitForURL(/\/conversations\/[0-9a-f-]{36}/);
  }

  /** Goes through the first run to a conversation with one answered message. */
  async onboard(modelUrl: string): Promise<void> {
    await this.consent();
    await this.chooseAgent();
    await this.setUpModel(modelUrl);
    await this.sayHello("Hello there");
    await this.reads("You said: Hello there");
  }

  async type(message: string): Promise<void> {
    await this.see("chat-input").click();
    await this.page.keyboard.insertText(message);
  }

  async send(message: string): Promise<void> {
    await this.type(message);
    await this.see("submit-button").click();
  }

  /** Sends a message that tells the model its answers. */
  order(...orders: Order[]): Promise<void> {
    return this.send(JSON.stringify(orders));
  }

  /** Waits for a text in a message of the agent. */
  async reads(text: string | RegExp): Promise<void> {
    await this.see("agent-message").filter({ hasText: text }).last().waitFor();
  }

  /** The agent's folder in that of the test bed. The app names it after the conversation. */
  workingDir(folder: string): string {
    const id = this.page.url().match(/[0-9a-f-]{36}/)?.[0] ?? "";
    return `${folder}/home/workspace/project/${id.replaceAll("-", "")}`;
  }

  async openMenuOfConversation(): Promise<void> {
    await this.see("conversation-card").first().hover();
    await this.see("conversation-card").first().getByTestId("ellipsis-button").click();
    await this.see("context-menu").waitFor();
  }

  /** Opens the panel where it is closed. A click on the tab that shows would close it. */
  async openTab(name: string): Promise<void> {
    if (!(await this.#isPanelOpen())) await this.#togglePanel();
    const tab = this.page.getByTestId(`conversation-tab-${name}`);
    if (name !== "files" || (await this.page.getByTestId("files-tab").count()) === 0) await tab.click();
  }

  async closePanel(): Promise<void> {
    if (await this.#isPanelOpen()) await this.#togglePanel();
  }

  async #isPanelOpen(): Promise<boolean> {
    const tab = this.page.getByTestId("conversation-tab-files");
    const [place, window] = [await tab.boundingBox(), this.page.viewportSize()];
    return place !== null && window !== null && place.x < window.width;
  }

  #togglePanel(): Promise<void> {
    return this.see("right-panel-toggle").click();
  }
}
