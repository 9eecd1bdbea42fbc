export type GenerationNumber = 1 | 2 | 3;

export interface DatabaseOrder {
  readonly name: string;
  /** 0 = for ever. */
  readonly retentionDays: number;
}

/** What differs between the generations of InfluxDB: everything but line protocol and InfluxQL. */
export interface Generation {
  readonly number: GenerationNumber;
  /** As it names itself: `1.6.7 OSS`. */
  readonly label: string;
  /** Path and query of a write in ns. */
  writePath(database: string): string;
  /** Makes the database when it is missing. Answers the retention it really has, days. @throws StartError */
  ensureDatabase(order: DatabaseOrder): Promise<number>;
  /** The retention that a database has now, days; `undefined` where it is not told. */
  retentionOf(database: string): Promise<number | undefined>;
  /** `undefined` where this generation does not tell. */
  bytesOnDisk(databases: readonly string[]): Promise<number | undefined>;
}
