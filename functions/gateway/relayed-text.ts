/** Kept at most: more than the longest answer of any model, and little enough to wait for its count. */
const charactersMax = 1024 * 1024;

/** What a provider wrote, kept until it is known whether it reports usage: if it does not, this is counted. */
export class RelayedText {
  private texts: string[] = [];
  private characters = 0;
  private bytesBeyond = 0;

  add(text: string): void {
    if (text === '') return;
    this.characters += text.length;
    if (this.characters <= charactersMax) this.texts.push(text);
    else this.bytesBeyond += Buffer.byteLength(text);
  }

  /** Counts what is not kept at all. */
  addBytes(bytes: number): void {
    this.bytesBeyond += bytes;
  }

  get isEmpty(): boolean {
    return this.characters === 0 && this.bytesBeyond === 0;
  }

  /** What is beyond the limit counts as one token for every four bytes. */
  countTokens(count: (text: string) => number): number {
    return count(this.texts.join('')) + Math.ceil(this.bytesBeyond / 4);
  }
}
