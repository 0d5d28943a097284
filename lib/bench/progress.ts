// What is being measured, on the terminal's last line while it is.
import { isatty } from 'node:tty';
import { put } from '../cli/output.js';

const ERASE = '\r\x1b[K';

export function progress(text: string): void {
  if (isatty(2)) put('stderr', ERASE + text);
}

export function endProgress(): void {
  progress('');
}
