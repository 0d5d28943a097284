// Which trace file a revision has.
import type { Protocol } from '../revisions.js';
import type { Services } from '../scheme/services.js';
import type { Lock } from './lock.js';
import { OperationsFile } from './operations-file.js';
import { ReadWaitsFile } from './read-waits.js';
import type { Session, Sessions } from './session.js';
import type { TraceFile } from './trace-file.js';
import { WriteWaitsFile } from './write-waits.js';

type Kind = new (
  session: Session,
  flags: number,
  sessions: Sessions,
  services: Services,
  lock: Lock,
) => TraceFile;

const FILES: Readonly<Record<Protocol, Kind>> = {
  operations: OperationsFile,
  'operations-events': OperationsFile,
  'write-waits': WriteWaitsFile,
  'read-waits': ReadWaitsFile,
};

export function openTraceFile(
  session: Session,
  flags: number,
  sessions: Sessions,
  services: Services,
  lock: Lock,
): TraceFile {
  return new FILES[services.profile.protocol](session, flags, sessions, services, lock);
}
