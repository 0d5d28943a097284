// Where files of the package are. In this folder, and not deeper, as a URL relative to a module must
// mean the same file in the bundled command.
import { fileURLToPath } from 'node:url';

/** The package's own folder, with a slash at its end. */
export const PACKAGE = fileURLToPath(new URL('../../', import.meta.url));
