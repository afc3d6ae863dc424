import Bowser from 'bowser';

/** What a `user-agent` header says of the client; texts that it does not tell are empty. */
export interface UserAgent {
  name: string;
  version: string;
  os: string;
  osVersion: string;
  device: string;
  /** Where a bot says more about itself. */
  url: string;
  kind: 'mobile' | 'tablet' | 'desktop' | 'bot' | undefined;
}

/** Longer ones tell nothing more, and reading them takes hundreds of patterns. */
const lengthMax = 1_024;

/** Names that policies are written with. */
const names: Readonly<Record<string, string>> = { 'Microsoft Edge': 'Edge', 'Chrome OS': 'ChromeOS' };

const botWords = /bot\b|crawler|spider|slurp/i;

export function readUserAgent(header: string): UserAgent {
  const text = header.slice(0, lengthMax);
  const { browser, os, platform } = text === '' ? nothingTold : Bowser.parse(text);
  const [, product = '', productVersion = ''] = /^([\w.-]+)(?:\/([\w.-]+))?/.exec(text) ?? [];
  const url = /https?:\/\/[^\s;)]+/.exec(text)?.[0] ?? '';
  const type = platform.type === 'bot' || botWords.test(text) ? 'bot' : platform.type;
  return {
    name: named(browser.name) || product,
    version: browser.name ? (browser.version ?? '') : productVersion,
    os: named(os.name),
    osVersion: (os.version ?? '').replace(/^NT /, ''),
    device: platform.model ?? '',
    url,
    kind: type === 'mobile' || type === 'tablet' || type === 'desktop' || type === 'bot' ? type : undefined,
  };
}

const nothingTold: Bowser.Parser.ParsedResult = { browser: {}, os: {}, platform: {}, engine: {} };

function named(name: string | undefined): string {
  return names[name ?? ''] ?? name ?? '';
}
