// Makes the links of a message for the recipient of one delivery.
import { webAddress } from '../../channels/links.ts';
import type { AlertMessage, MessageLinks } from '../../channels/message.ts';
import { type Link, type LinkKey, linkToken, type ReadLink, readLink } from './link-token.ts';

/** Of whoever makes and reads links. */
export interface LinkOptions {
  /** The address of this program from outside, without a slash at its end. */
  readonly publicUrl: string;
  /** The first one signs, all of them open. */
  readonly keys: readonly [LinkKey, ...LinkKey[]];
  /** A link opens for at least half of this, and never for more. */
  readonly expiresAfterMs: number;
}

interface Recipient {
  readonly tenant: string;
  readonly recipient: string;
  readonly message: Pick<AlertMessage, 'id' | 'at' | 'status'>;
}

export class MessageLinker {
  readonly #options: LinkOptions;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /** Null where they would be longer than a channel takes. @param now When it is sent. */
  linksFor({ tenant, recipient, message }: Recipient, now: number): MessageLinks | null {
    const to = { tenant, recipient, notificationId: message.id, expiresAt: this.#endOf(message.at, now) };
    const explain = webAddress(this.url({ ...to, action: 'explain' }));
    const respond = webAddress(this.url({ ...to, action: 'respond' }));
    if (explain === null || respond === null) return null;
    // Nobody has to answer that something is over.
    if (message.status === 'resolved') return { explain };
    return { acknowledge: respond, silence: `${respond}#silence`, explain };
  }

  /** Where a link leads to. */
  url(link: Link): string {
    const { publicUrl, keys } = this.#options;
    return `${publicUrl}/l/${linkToken(link, keys[0])}`;
  }

  /** What the token of a link says. */
  read(token: string, now: number): ReadLink {
    return readLink(token, this.#options.keys, now);
  }

  /**
   * Attempts of one message say the same where they can: a receiver that drops what it has heard already compares words.
   * One that is sent late gets more time, half a span at once.
   */
  #endOf(at: number, now: number): number {
    const { expiresAfterMs } = this.#options;
    const halves = Math.max(0, Math.floor((now - at) / (expiresAfterMs / 2)));
    return Math.min(at + expiresAfterMs * (1 + halves / 2), now + expiresAfterMs);
  }
}
