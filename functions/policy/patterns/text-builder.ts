/** Shorter pieces are copied, once there are some: a string of its own costs more than that many characters. */
const copiedMax = 64;
const stringsMin = 16;
const unitsMax = 8 * 1024;

/** Puts a text together from very many pieces, most of them of a few characters, without keeping each as a string. */
export class TextBuilder {
  private readonly joined: string[] = [];
  /** UTF-16 units that wait to become one string. */
  private units = new Uint16Array(0);
  private waiting = 0;
  /** The bits that any of them has. */
  private bits = 0;
  private added = 0;

  /** In UTF-16 units. */
  get length(): number {
    return this.added;
  }

  /** Adds a range of a text. */
  add(text: string, from = 0, to = text.length): void {
    this.added += to - from;
    if (to - from < copiedMax && this.joined.length >= stringsMin) this.copy(text, from, to);
    else {
      this.flush();
      this.joined.push(text.slice(from, to));
    }
  }

  toString(): string {
    this.flush();
    return this.joined.length === 1 ? (this.joined[0] as string) : this.joined.join('');
  }

  private copy(text: string, from: number, to: number): void {
    if (this.waiting + to - from > this.units.length) this.makeRoom();
    const { units } = this;
    let { waiting, bits } = this;
    for (let at = from; at < to; at++) {
      const unit = text.charCodeAt(at);
      units[waiting++] = unit;
      bits |= unit;
    }
    this.waiting = waiting;
    this.bits = bits;
  }

  private makeRoom(): void {
    if (this.units.length === unitsMax) this.flush();
    else {
      const grown = new Uint16Array(this.units.length === 0 ? 2 * copiedMax : unitsMax);
      grown.set(this.units);
      this.units = grown;
    }
  }

  private flush(): void {
    if (this.waiting === 0) return;
    const units = this.units.subarray(0, this.waiting);
    // V8 keeps Latin-1 in half the memory, if it is told.
    const text =
      this.bits < 0x100
        ? Buffer.from(units).toString('latin1')
        : Buffer.from(units.buffer, 0, units.byteLength).toString('utf16le');
    this.joined.push(text);
    this.waiting = 0;
    this.bits = 0;
  }
}
