/** The part of dynalite 4.0.0 that the local stack uses; the package has no types of its own. */
declare module 'dynalite' {
  import type { Server } from 'node:http';

  interface DynaliteOptions {
    /** Folder of its LevelDB; in memory without one. */
    path?: string;
    /** Milliseconds that a new table stays CREATING; 500 unless set. */
    createTableMs?: number;
    /** Milliseconds that a deleted table stays DELETING; 500 unless set. */
    deleteTableMs?: number;
    updateTableMs?: number;
  }

  /** A server that is not listening yet. Its `close` also closes the database. */
  export default function dynalite(options?: DynaliteOptions): Server;
}
