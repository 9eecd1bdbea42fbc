/** A failure that the user can act upon: one plain sentence and what to check. */
export class LaunchError extends Error {
  constructor(message, remedy) {
    super(message);
    this.name = 'LaunchError';
    this.remedy = remedy;
  }
}
