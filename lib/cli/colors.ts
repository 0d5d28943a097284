// Whether what commands print is coloured: on a terminal, and where the reader wants it.
import pc from 'picocolors';

/**
 * A terminal gets colours; a file, a pipe and a build server's log get plain text. The variables
 * NO_COLOR (no-color.org) and FORCE_COLOR (force-color.org) decide otherwise. Picocolors' own choice
 * colours pipes, too, wherever a variable CI is set.
 */
export function wantsColors(
  env: Readonly<Record<string, string | undefined>>,
  isTerminal: () => boolean,
): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0';
  return env.TERM !== 'dumb' && isTerminal();
}

export const colors = pc.createColors(
  wantsColors(process.env, () => process.stdout.isTTY === true),
);
