// Events as the bytes that a trace file gives: first 16, from 2019-07-24 on 56.
import {
  PTRACE_EVENT_CLONE,
  PTRACE_OPERATION_EVENT_CLONE,
  PTRACE_OPERATION_EVENT_SIGNAL,
  PtraceEvent,
  PtraceOperationEvent,
  setWord,
} from '../abi/index.js';
import type { SessionEvent } from './session.js';

export interface EventCodec {
  readonly size: number;
  /** The bytes are reused by the next call. */
  encode(event: SessionEvent): Uint8Array;
}

const wordBytes = new Uint8Array(PtraceEvent.size);
const wordView = new DataView(wordBytes.buffer);
const { cause, a, b } = PtraceEvent.fields;

export const WORD_EVENTS: EventCodec = {
  size: PtraceEvent.size,
  encode(event) {
    setWord(wordView, cause.offset, event.cause);
    setWord(wordView, a.offset, event.a);
    setWord(wordView, b.offset, event.b);
    return wordBytes;
  },
};

/** Clones and signals are all there was. */
export const OPERATION_EVENTS: EventCodec = {
  size: PtraceOperationEvent.size,
  encode: (event) =>
    PtraceOperationEvent.encode({
      tag:
        event.cause === PTRACE_EVENT_CLONE
          ? PTRACE_OPERATION_EVENT_CLONE
          : PTRACE_OPERATION_EVENT_SIGNAL,
      data: event.a,
    }),
};
