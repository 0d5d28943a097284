// Error numbers as Linux's errno.h has them, and how Redox's become Linux's: by name, because
// Redox counts EWOULDBLOCK (41) and EDEADLOCK (58) as errors of their own.
import { errnoName } from '../../kernel-sim/abi/index.js';

/** Linux's names of the numbers 1 to 133; numbers Linux skips are empty. */
const NAMES =
  'EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT ' +
  'ENOTBLK EBUSY EEXIST EXDEV ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY EFBIG ' +
  'ENOSPC ESPIPE EROFS EMLINK EPIPE EDOM ERANGE EDEADLK ENAMETOOLONG ENOLCK ENOSYS ENOTEMPTY ' +
  'ELOOP - ENOMSG EIDRM ECHRNG EL2NSYNC EL3HLT EL3RST ELNRNG EUNATCH ENOCSI EL2HLT EBADE EBADR ' +
  'EXFULL ENOANO EBADRQC EBADSLT - EBFONT ENOSTR ENODATA ETIME ENOSR ENONET ENOPKG EREMOTE ' +
  'ENOLINK EADV ESRMNT ECOMM EPROTO EMULTIHOP EDOTDOT EBADMSG EOVERFLOW ENOTUNIQ EBADFD EREMCHG ' +
  'ELIBACC ELIBBAD ELIBSCN ELIBMAX ELIBEXEC EILSEQ ERESTART ESTRPIPE EUSERS ENOTSOCK ' +
  'EDESTADDRREQ EMSGSIZE EPROTOTYPE ENOPROTOOPT EPROTONOSUPPORT ESOCKTNOSUPPORT EOPNOTSUPP ' +
  'EPFNOSUPPORT EAFNOSUPPORT EADDRINUSE EADDRNOTAVAIL ENETDOWN ENETUNREACH ENETRESET ' +
  'ECONNABORTED ECONNRESET ENOBUFS EISCONN ENOTCONN ESHUTDOWN ETOOMANYREFS ETIMEDOUT ' +
  'ECONNREFUSED EHOSTDOWN EHOSTUNREACH EALREADY EINPROGRESS ESTALE EUCLEAN ENOTNAM ENAVAIL ' +
  'EISNAM EREMOTEIO EDQUOT ENOMEDIUM EMEDIUMTYPE ECANCELED ENOKEY EKEYEXPIRED EKEYREVOKED ' +
  'EKEYREJECTED EOWNERDEAD ENOTRECOVERABLE ERFKILL EHWPOISON';

const LINUX_NAMES: readonly string[] = ['-', ...NAMES.split(' ')];

/** Names that are other names of a number. */
const ALIASES: Readonly<Record<string, string>> = { EWOULDBLOCK: 'EAGAIN', EDEADLOCK: 'EDEADLK' };

const LINUX_NUMBERS: ReadonlyMap<string, number> = new Map(
  LINUX_NAMES.map((name, number) => [name, number]),
);

/** The number that Linux's errno.h gives a name; throws for a name it does not have. */
export function linuxErrno(name: string): number {
  const number = LINUX_NUMBERS.get(ALIASES[name] ?? name);
  if (number === undefined || number === 0) throw new RangeError(`Linux has no errno ${name}`);
  return number;
}

export function linuxErrnoName(number: number): string {
  const name = LINUX_NAMES[number];
  return name === undefined || name === '-' ? `errno ${number}` : name;
}

/** Indexed by Redox's number (1 to 131). */
const FROM_REDOX: readonly number[] = Array.from({ length: 132 }, (_, number) =>
  number === 0 ? 0 : linuxErrno(errnoName(number)),
);

export function linuxErrnoOf(redox: number): number {
  return FROM_REDOX[redox] ?? redox;
}
