// The parts of the kernel that schemes make up: a machine's schemes, descriptors and ptrace.
import { EBADF, Stat } from '../abi/index.js';
import type { Context } from '../context.js';
import { SysError } from '../error.js';
import type { Executable, Parts } from '../parts.js';
import type { Sessions } from '../ptrace/session.js';
import { Tracees } from '../ptrace/tracee.js';
import type { Syscall } from '../syscall.js';
import { KernelBuffer } from '../user-buffer.js';
import { DebugScheme } from './debug.js';
import { DescriptorTable, filesOf } from './description.js';
import { EventScheme } from './event.js';
import { EventRegistry } from './event-registry.js';
import { FileScheme } from './file.js';
import { fileCalls } from './file-calls.js';
import { ItimerScheme } from './itimer.js';
import { MemoryScheme } from './memory.js';
import { pathFromBytes } from './path.js';
import { Paths } from './path-calls.js';
import { PipeScheme } from './pipe.js';
import { ProcScheme } from './proc.js';
import { ROOT_NAMESPACE, SchemeRegistry } from './registry.js';
import { RootScheme } from './root.js';
import { settle } from './scheme.js';
import type { Services } from './services.js';
import { NullScheme, RandScheme, ZeroScheme } from './simple.js';
import { SysScheme } from './sys.js';
import { TimeScheme } from './time.js';

const PATH_SIZE = 4096;

export function createParts(services: Services): Parts {
  const events = new EventRegistry();
  const registry = new SchemeRegistry((to, namespace) => populate(to, namespace, events, services));
  const sessions: Sessions = new Map();
  const ids = { pipe: 0, proc: 0 };
  const add = registry.insert.bind(registry, ROOT_NAMESPACE);

  const console = registry.insert(
    ROOT_NAMESPACE,
    'debug',
    (id) => new DebugScheme(id, events, services.host),
  );
  add('file', () => new FileScheme(services));
  add('null', () => new NullScheme());
  const pipes = registry.insert(ROOT_NAMESPACE, 'pipe', (id) => {
    ids.pipe = id;
    return new PipeScheme(id, events);
  });
  add('proc', (id) => {
    ids.proc = id;
    return new ProcScheme(services, sessions);
  });
  add('rand', () => new RandScheme(services.seed));
  add('zero', () => new ZeroScheme());

  const paths = new Paths(registry, events, pipes, ids.pipe);
  return {
    calls: new Map([...fileCalls(registry, events), ...paths.calls()]),
    tracing: new Tracees(sessions, events, ids.proc, services),
    descriptors: () => new DescriptorTable(events),
    open: (caller, path, flags) => paths.open(caller, path, flags),
    close: (caller, descriptor) => paths.close(caller, descriptor),
    executable,
    idle: (patiently) => console.serve(patiently),
  };
}

/** The schemes that each namespace has of its own. */
function populate(
  registry: SchemeRegistry,
  namespace: number,
  events: EventRegistry,
  services: Services,
): void {
  registry.insert(namespace, '', (id) => new RootScheme(namespace, id, registry, events));
  registry.insert(namespace, 'event', () => new EventScheme(events));
  registry.insert(namespace, 'itimer', () => new ItimerScheme());
  registry.insert(namespace, 'memory', () => new MemoryScheme(services.frames));
  registry.insert(namespace, 'sys', () => new SysScheme(services, registry));
  registry.insert(namespace, 'time', (id) => new TimeScheme(id, events, services));
}

/** Reads a file as FEXEC does: its status, then its bytes to the end. */
function* executable(caller: Context, descriptor: number): Syscall<Executable> {
  const { scheme, handle } = filesOf(caller).get(descriptor);
  const stat = new KernelBuffer(Stat.size);
  const path = new KernelBuffer(PATH_SIZE);
  if (scheme.fstat === undefined || scheme.read === undefined) throw new SysError(EBADF);
  yield* settle(scheme.fstat(handle, stat, caller));
  const status = Stat.decode(stat.bytes);
  const file = new KernelBuffer(status.st_size);
  let length = 0;
  while (length < file.length) {
    const rest = new KernelBuffer(file.bytes.subarray(length));
    const count = yield* settle(scheme.read(handle, rest, caller));
    if (count === 0) break;
    length += count;
  }
  const named = scheme.fpath === undefined ? 0 : yield* settle(scheme.fpath(handle, path, caller));
  return {
    bytes: file.bytes.subarray(0, length),
    stat: status,
    path: pathFromBytes(path.bytes.subarray(0, named)),
  };
}
