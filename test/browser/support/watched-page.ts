import type { Browser, Page } from 'puppeteer-core';

export interface View {
  readonly width: number;
  readonly theme: 'light' | 'dark';
  readonly media: 'screen' | 'print';
}

/**
 * A tab of the browser, and what its page has said and asked for. One for several views costs one process of the browser
 * and not one for each, which takes as long as to look at the page.
 */
export class WatchedPage {
  readonly page: Page;
  #errors: string[] = [];
  #requests: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.on('console', (message) => this.#errors.push(message.text()));
    page.on('pageerror', (error) => this.#errors.push(String(error)));
    page.on('request', (request) => {
      // What is a part of the page is not asked for.
      if (!request.url().startsWith('data:')) this.#requests.push(request.url());
    });
  }

  static async open(browser: Browser): Promise<WatchedPage> {
    return new WatchedPage(await browser.newPage());
  }

  /** All since the last load began: what was written to the console, and what was thrown. */
  get errors(): readonly string[] {
    return this.#errors;
  }

  /** All URLs since the last load began, the page's own too. */
  get requests(): readonly string[] {
    return this.#requests;
  }

  /** Load it anew, as one who has this view sees it from the first moment on. */
  async load(url: string, { width, theme, media }: View): Promise<void> {
    await this.page.goto('about:blank');
    this.#errors = [];
    this.#requests = [];
    await this.page.setViewport({ width, height: 844 });
    await this.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: theme }]);
    await this.page.emulateMediaType(media);
    await this.page.goto(url, { waitUntil: 'load' });
  }

  close(): Promise<void> {
    return this.page.close();
  }
}
