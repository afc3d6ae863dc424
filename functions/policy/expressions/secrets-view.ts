import { EvaluationError } from './expression-error.ts';
import { defaultVault, lookUp, type SecretLookup } from './template-scope.ts';

/** The variable `secrets` of one expression. */
export class Secrets {
  private readonly lookup: SecretLookup;
  private readonly source: string;

  constructor(lookup: SecretLookup, source: string) {
    this.lookup = lookup;
    this.source = source;
  }

  /**
   * Only names that stand in the expression are shown when missing: others may be made of secrets.
   * @param names vault and name, or only the name
   */
  get(...names: readonly string[]): string {
    const [vault, name] = names.length === 1 ? [defaultVault, names[0] as string] : (names as [string, string]);
    const isWritten = (part: string) => part === defaultVault || this.source.includes(part);
    if (isWritten(vault) && isWritten(name)) return lookUp(this.lookup, { vault, name });
    const value = this.lookup.get(vault, name);
    if (value === undefined) throw new EvaluationError('There is no secret of the name that secrets.get was given');
    return value;
  }
}
