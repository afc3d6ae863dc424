/** What stands where a credential stood. */
export const masked = '[masked]';

/** A shorter text is found everywhere by chance. */
const knownCharactersMin = 8;

/** How much of a credential must stand at the end of a text that was cut to be taken for its beginning. */
const beginningCharactersMin = 4;

/** How the keys of ours, of providers and of the services around them begin. */
const keyBeginnings = [
  'ng[-_]',
  'sk[-_]',
  'csk-',
  'AIza',
  'gsk_',
  'xai-',
  'pplx-',
  'nvapi-',
  'hf_',
  'fw_',
  'gh[pousr]_',
  'AKIA',
  'ASIA',
  'whsec_',
  'rk_',
].join('|');
const keys = new RegExp(String.raw`\b(?:${keyBeginnings})(?=[\w-]*[0-9A-Za-z]{8})[\w-]{10,}`, 'g');
const jsonWebTokens = /\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?/g;
const bearers = /\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi;
/** The same where the text was cut before their end. */
const cutKey = new RegExp(String.raw`\b(?:${keyBeginnings}|eyJ)[\w.-]*$`);

/** Fields of JSON whose values are credentials by their names, with or without the closing quote. */
const secretFields =
  /("(?:api[-_]?key|authorization|password|passwd|secret|(?:access|auth|refresh|id)[-_]?token|client[-_]?secret|private[-_]?key)"\s*:\s*")(?!\[masked\])(?:[^"\\]|\\.)+/gi;

/** Parameters of a query whose values are credentials by their names. */
const secretParameters =
  /((?:^|&)(?:[\w.-]*[._-])?(?:key|token|secret|password|signature|sig|auth)=)(?!\[masked\])[^&]+/gi;

const secretHeader = /(?:^|-)(?:authorization|cookie|key|apikey|token|secret|password|signature)(?:$|-)/;

/** Looks like a key by its name, and is none. */
const harmlessHeaders = new Set(['idempotency-key']);

/** Whether a header's whole value is a credential. @param name in lower case */
export function isSecretHeader(name: string): boolean {
  return secretHeader.test(name) && !harmlessHeaders.has(name);
}

/** Replaces credentials in what is shown of requests and answers: those it is told of, and what looks like one. */
export class CredentialMask {
  private readonly known: readonly string[];

  /** @param known credentials that the request is known to have used or brought */
  constructor(known: Iterable<string>) {
    const long = [...new Set(known)].filter(({ length }) => length >= knownCharactersMin);
    this.known = long.sort((one, other) => other.length - one.length);
  }

  /** @param isCut whether the text goes on, so that it may end inside a credential */
  text(text: string, isCut = false): string {
    let shown = text;
    for (const credential of this.known) shown = shown.replaceAll(credential, masked);
    if (isCut) shown = this.withoutBeginning(shown).replace(cutKey, masked);
    return shown
      .replace(secretFields, `$1${masked}`)
      .replace(bearers, `$1 ${masked}`)
      .replace(jsonWebTokens, masked)
      .replace(keys, masked);
  }

  query(query: string, isCut = false): string {
    return this.text(query, isCut).replace(secretParameters, `$1${masked}`);
  }

  /** A header's value; of a credential no more than its scheme. @param name in lower case */
  header(name: string, value: string, isCut = false): string {
    if (!isSecretHeader(name)) return this.text(value, isCut);
    const [, scheme] = /^(Bearer|Basic|Digest)\s/i.exec(value) ?? [];
    return scheme ? `${scheme} ${masked}` : masked;
  }

  private withoutBeginning(text: string): string {
    for (const credential of this.known) {
      for (let length = credential.length - 1; length >= beginningCharactersMin; length--) {
        if (text.endsWith(credential.slice(0, length))) return text.slice(0, -length) + masked;
      }
    }
    return text;
  }
}
