/** What is put under load. */
export interface Receiver {
  readonly port: number;
  /** Makes tasks known, as a submit before would have. */
  open(externalIds: readonly string[]): Promise<void>;
  /** How many tasks this receiver has settled so far; null for one that does nothing. */
  settled(): number | null;
}
