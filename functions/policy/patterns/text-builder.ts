/** Pieces joined at once: few enough that the collector of garbage is done with them at its first look. */
const piecesMax = 1_024;

/** Puts a text together from very many pieces; adding strings up would keep all of them until the end. */
export class TextBuilder {
  private pieces: string[] = [];
  private readonly joined: string[] = [];
  /** In UTF-16 units. */
  length = 0;

  add(piece: string): void {
    this.length += piece.length;
    if (this.pieces.push(piece) < piecesMax) return;
    this.joined.push(this.pieces.join(''));
    this.pieces = [];
  }

  toString(): string {
    if (this.joined.length === 0 && this.pieces.length === 1) return this.pieces[0] as string;
    return this.joined.join('') + this.pieces.join('');
  }
}
