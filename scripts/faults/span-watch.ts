import { setTimeout as sleep } from 'node:timers/promises';
import { paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { layout } from '../../src/contract/layout.ts';
import type { ConnectedStack } from '../own-stack/stack.ts';

const POLL_MS = 500;
/** In the folder of a round, or of one of its stages. */
const SPAN = /^(?:stage-\d+\/)?spans\//;

/** The stack as far as it is looked at. */
type WatchedStack = Pick<ConnectedStack, 's3'> & {
  readonly stack: Pick<ConnectedStack['stack'], 'runsBucket'>;
};

/** Looks at the spans of a fleet while it works: how many there are, and which were written again. */
export class SpanWatch {
  readonly #stack: WatchedStack;
  readonly #runId: string;
  readonly #etags = new Map<string, string>();
  readonly #again = new Set<string>();
  #stopped = false;
  #watching: Promise<void> = Promise.resolve();

  constructor(stack: WatchedStack, runId: string) {
    this.#stack = stack;
    this.#runId = runId;
  }

  /** Batches that are done: of several stages those of all. */
  get done(): number {
    return this.#etags.size;
  }

  /** Batches that were done more than once: each span has times of its own, and so its own bytes. */
  get doneAgain(): number {
    return this.#again.size;
  }

  start(): void {
    this.#watching = this.#watch();
  }

  /** Look a last time. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#watching;
    await this.#look();
  }

  async #watch(): Promise<void> {
    while (!this.#stopped) {
      await this.#look();
      await sleep(POLL_MS);
    }
  }

  async #look(): Promise<void> {
    const { s3, stack } = this.#stack;
    const Prefix = layout.arm(this.#runId, 'fleet', 0);
    for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: stack.runsBucket, Prefix })) {
      for (const { Key = '', ETag = '' } of page.Contents ?? []) {
        if (!SPAN.test(Key.slice(Prefix.length))) continue;
        const before = this.#etags.get(Key);
        if (before !== undefined && before !== ETag) this.#again.add(Key);
        this.#etags.set(Key, ETag);
      }
    }
  }
}
