import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Message {
  readonly subject: string;
  readonly text: string;
}

/** What SNS posts to an endpoint. */
interface Posted {
  readonly Type: string;
  readonly Subject?: string;
  readonly Message?: string;
  readonly Token?: string;
}

/** A subscriber of a topic of the offline AWS: an HTTP endpoint, which SNS posts messages to. */
export class TopicSubscriber {
  readonly #endpoint: string;
  readonly #server: Server;
  readonly #messages: Message[] = [];
  readonly #waiting: { readonly wanted: (message: Message) => boolean; done(message: Message): void }[] = [];
  #confirm: (posted: Posted) => void = () => undefined;

  private constructor(endpoint: string) {
    this.#endpoint = endpoint;
    this.#server = createServer((request, response) => {
      request
        .toArray()
        .then((chunks) => this.#take(JSON.parse(Buffer.concat(chunks).toString('utf8'))))
        .finally(() => response.end());
    });
  }

  /**
   * Subscribe, and confirm that as a subscriber must.
   *
   * @param endpoint of the offline AWS
   */
  static async subscribe(endpoint: string, topicArn: string): Promise<TopicSubscriber> {
    const subscriber = new TopicSubscriber(endpoint);
    const server = subscriber.#server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const asked = new Promise<Posted>((resolve) => {
      subscriber.#confirm = resolve;
    });
    const { port } = server.address() as AddressInfo;
    const Endpoint = `http://127.0.0.1:${port}/`;
    await subscriber.#call({ Action: 'Subscribe', TopicArn: topicArn, Protocol: 'http', Endpoint });
    const { Token = '' } = await asked;
    await subscriber.#call({ Action: 'ConfirmSubscription', TopicArn: topicArn, Token });
    return subscriber;
  }

  /** The first message that is wanted, of those that came and those to come. */
  next(wanted: (message: Message) => boolean): Promise<Message> {
    const there = this.#messages.find(wanted);
    if (there !== undefined) return Promise.resolve(there);
    return new Promise((done) => this.#waiting.push({ wanted, done }));
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #take(posted: Posted): void {
    if (posted.Type === 'SubscriptionConfirmation') {
      this.#confirm(posted);
      return;
    }
    const message = { subject: posted.Subject ?? '', text: posted.Message ?? '' };
    this.#messages.push(message);
    for (const { wanted, done } of this.#waiting) if (wanted(message)) done(message);
  }

  /** A call of the query API, with a signature that the emulator does not check. */
  async #call(parameters: Record<string, string>): Promise<void> {
    const scope = '20260101/us-east-1/sns/aws4_request';
    const answer = await fetch(this.#endpoint, {
      method: 'POST',
      headers: {
        authorization: `AWS4-HMAC-SHA256 Credential=test/${scope}, SignedHeaders=host, Signature=0`,
      },
      body: new URLSearchParams({ Version: '2010-03-31', ...parameters }),
    });
    if (!answer.ok)
      throw new Error(`Expected SNS to do ${parameters.Action} but it said: ${await answer.text()}`);
  }
}
