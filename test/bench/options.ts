/** What whoever runs a bench may set. */

export interface BenchOptions {
  /** recipients, requests or rows instead of the bench's own number */
  readonly count?: number
  /** rounds of figure and floor in turn */
  readonly rounds?: number
  /** a further round of the figure with this share of calls failing, and by how much it is slower */
  readonly faults?: number
  /** short pauses and no peers, for a run that only shows that the bench works */
  readonly brief?: boolean
}

export const ROUNDS = 3
